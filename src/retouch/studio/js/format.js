// Numbers, amounts and times as people read them.

import { el } from "./dom.js";

const LANGUAGE = document.documentElement.lang;
const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3600], ["minute", 60]];

const plain = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 2 });
const dollars = new Intl.NumberFormat(LANGUAGE, { style: "currency", currency: "USD", maximumFractionDigits: 4, minimumFractionDigits: 2 });
const moment = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });
const time = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });

/** A number with its thousands apart, and two decimals at most. */
export const number = (value) => plain.format(value).replace("-", "−");

export const money = (value) => dollars.format(value);

/** 1 credit, 2 credits. */
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

/** With a sign, also where it is above zero. */
export const signed = (value) => (value > 0 ? `+${number(value)}` : number(value));

/** A time of the API, Unix seconds, whole. */
export const at = (seconds) => moment.format(seconds * 1000);

/** The time of day, of a time in milliseconds. */
export const clock = (milliseconds) => time.format(milliseconds);

/** How long ago, or how far ahead, in words. */
export function ago(seconds, now = Date.now() / 1000) {
  const apart = seconds - now;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(apart) >= size) ?? [];
  return unit ? relative.format(Math.round(apart / length), unit) : "just now";
}

/** A <time> that says how long ago, and the whole time when pointed at. */
export const when = (seconds) => el("time", { dateTime: new Date(seconds * 1000).toISOString(), title: at(seconds) }, ago(seconds));

/** How long something took. */
export function lasted(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

/** How long something has gone on. */
export function passed(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 100) return `${whole} s`;
  const [unit, length] = whole < 6000 ? ["min", 60] : whole < 172_800 ? ["h", 3600] : ["days", 86_400];
  return `${Math.round(whole / length)} ${unit}`;
}
