# SPDX-License-Identifier: Apache-2.0
"""What a gate shows: film, projector, sound."""

from statemachines.film import SOUND_PLACEMENT_US, duration_ms, feet_at, frames_in, rewind_ms
from statemachines.hall import SILENT_BEATS, Hall
from statemachines.words import Latch, Motor, Role, State
from web.api.shapes.hall import FilmView, ProjectorView, Runs, SoundView
from web.sight.speech import ms_or_none

_RUNS = {Motor.STOP: Runs.NO, Motor.RUN: Runs.FORWARD, Motor.REWIND: Runs.BACK}


def film_view(hall: Hall) -> FilmView | None:
    """Return what is in the film path; None while it is empty and no further reel is awaited."""
    film = hall.film
    if not (film.present or film.between):
        return None
    reel = min(film.reel, len(film.feet))
    feet = film.feet[reel - 1] if film.feet else 0
    runs = _RUNS[hall.projector.motor]
    return FilmView(
        title=film.title or None,
        gauge=film.gauge,
        reel=reel,
        reels=len(film.feet),
        frame=film.frame,
        feet_run=feet_at(film.gauge, film.frame),
        feet=feet,
        left_ms=None if film.between else _left_ms(hall, feet, runs),
        ready=film.ready,
        tail=film.tail,
        between=film.between,
        broken=_is_broken(hall),
        runs=runs,
    )


def _left_ms(hall: Hall, feet: int, runs: Runs) -> int:
    gauge, fps_milli = hall.film.gauge, hall.settings.fps_milli
    frames = max(frames_in(gauge, feet), 1)
    frame = min(max(hall.film.frame, 0), frames)
    if runs is Runs.BACK:
        return rewind_ms(feet, fps_milli) * frame // frames
    return duration_ms(gauge, feet, fps_milli) * (frames - frame) // frames


def _is_broken(hall: Hall) -> bool:
    latched = Latch.BREAK in hall.projection.latched
    return latched or (hall.state is State.FAULT and hall.fault.cause == "film_break")


def projector_view(hall: Hall) -> ProjectorView:
    """Return the projection device as last reported."""
    projector = hall.projector
    return ProjectorView(
        motor=projector.motor,
        at_speed=projector.at_speed,
        dowser_open=projector.dowser_open,
        lamp=projector.lamp,
        tension=projector.tension,
        lights=projector.lights,
        door_open=projector.door_open,
        estop=projector.estop,
    )


def sound_view(hall: Hall) -> SoundView | None:
    """Return the sound device as last reported; None in a hall that has none.

    An offset is told only by timecode of the running show: an old one would be read as a present one.
    """
    if Role.SOUND not in hall.settings.roles:
        return None
    rack = hall.rack
    told = hall.state is State.PROJECTING and rack.heard_ns >= hall.since_ns and rack.beats < SILENT_BEATS
    return SoundView(
        mode=rack.sound,
        offset_us=rack.offset_us if told and rack.heard_ns else None,
        heard_ms=ms_or_none(rack.heard_ns),
        band_us=SOUND_PLACEMENT_US,
    )
