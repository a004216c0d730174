# SPDX-License-Identifier: Apache-2.0
"""What each page loads of the plugin: the rows of the guide's table, and the files that they stand for."""

_BOARD = ("assets/board/hall-board.js", "assets/frame.css")
_ASKING, _SOUND = "assets/board/asking.js", "assets/board/alarm-sound.js"

VIEWED = "a block or shortcode, for whoever may look"
OPERATED = "the same for whoever may operate"
WALL = "the wall"
ADMIN = "the board in wp-admin, with its sound"
ADMIN_OPERATED = "the same, for whoever may operate"
HALL = "a hall's own page"
BADGE = "the number in the admin bar, on a page without a board"
"""With a board the style is there already."""

LOADS = {
    VIEWED: _BOARD,
    OPERATED: (*_BOARD, _ASKING),
    WALL: (*_BOARD, "assets/wall.js"),
    ADMIN: (*_BOARD, _SOUND),
    ADMIN_OPERATED: (*_BOARD, _SOUND, _ASKING),
    HALL: ("assets/board/hall-page.js", _ASKING, "assets/frame.css"),
    BADGE: ("assets/badge.js", "assets/frame.css"),
}
