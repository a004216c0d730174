// SPDX-License-Identifier: Apache-2.0
/** How times, lengths and names are written for people. Every time is spelled in the site's zone. */

const formats = new Map();

function spelled(ms, zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }));
  return formats.get(key).format(ms);
}

const HM = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

/** 19:52 */
export const hourMinute = (ms, zone) => spelled(ms, zone, HM);

/** 19:52:07 */
export const time = (ms, zone) => spelled(ms, zone, { ...HM, second: "2-digit" });

/** 19:52:07.204 */
export const exact = (ms, zone) => spelled(ms, zone, { ...HM, second: "2-digit", fractionalSecondDigits: 3 });

/** Saturday 19:52:07 */
export const dayTime = (ms, zone) => `${spelled(ms, zone, { weekday: "long" })} ${time(ms, zone)}`;

/** 12:41, or 1:02:41 */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

/** 12 minutes, for a screen reader that need not hear each second. */
export function roughly(ms) {
  const minutes = Math.round(ms / 60_000);
  return minutes === 0 ? "less than a minute" : several(minutes, "minute");
}

const digits = new Intl.NumberFormat("en");

/** 1,140 */
export const number = (value) => digits.format(value);

/** 1 alarm, 2 alarms */
export const several = (count, thing) => `${number(count)} ${thing}${count === 1 ? "" : "s"}`;

/** 0.4 ms, or 79 ms, from µs */
export const trip = (us) => (us === null || us === undefined ? "—" : `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`);

/** −6.0 ms, from µs, with its sign */
export const signed = (us) => `${us < 0 ? "−" : "+"}${(Math.abs(us) / 1000).toFixed(1)} ms`;

/** The first letter large. */
export const large = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** film_break: Film break */
export const named = (name) => large(name.replaceAll("_", " "));

/** A sentence ends with a full stop, whoever wrote it. */
export const sentence = (text) => (text ? large(text) + (/[.!?…]$/.test(text) ? "" : ".") : "");
