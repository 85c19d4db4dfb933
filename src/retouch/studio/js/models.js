// What GET /v1/models says, in words: what a model can do, what it costs, and prompts that it understands.

import { BUILT_IN, GENERAL } from "./examples.js";

const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
const size = (text) => text.replace("x", " × ");

/** Whether only the built-in editor serves the model: it reads a grammar. */
export const builtIn = (model) => model.routes.length > 0 && model.routes.every((route) => route.engine === "cpu");

/** Why this account may not use the model, or "". */
export const lockedBy = (model, account) =>
  !account || model.tiers.includes(account.tier) ? "" : `For the tiers ${model.tiers.join(", ")}; yours is ${account.tier}.`;

/** Credits for one image, of a resolution if that is asked for. */
export function priceOf(model, quality, resolution = null) {
  const tier = quality === "low" || quality === "high" ? quality : "medium";
  return model.price.charged[tier][resolution ?? "size"];
}

export const credits = (amount) => plural(Number(amount.toFixed(2)), "credit", "credits");

/** From the cheapest to the dearest quality and resolution. */
export function priceRange(model) {
  const prices = [...new Set(Object.values(model.price.charged).flatMap(Object.values))].sort((a, b) => a - b);
  return prices.length > 1 ? `${prices[0]}–${prices.at(-1)} credits` : credits(prices[0]);
}

/** What it can do, as short words. */
export function abilities(model) {
  const { limits } = model;
  const most = limits.images;
  return [
    model.sizes === "any" ? "any size" : model.sizes.map(size).join(", "),
    most > 1 ? `up to ${plural(most, "photo", "photos")}` : "one photo",
    limits.n > 1 ? `up to ${limits.n} results` : "one result",
    limits.square ? "square photos only" : null,
    limits.formats && limits.formats.length === 1 ? `${limits.formats[0].toUpperCase()} only` : null,
    builtIn(model) ? "on this machine" : null,
  ].filter(Boolean);
}

/** Prompts for what is on the desk: a whole photo, a marked area, or a photo with room around it. */
export function examplesFor(model, situation) {
  return (builtIn(model) ? BUILT_IN : GENERAL)[situation];
}

/** Why this edit cannot be sent to this model, as {message, field}, or null. */
export function unfit(model, { photos, prompt, account }) {
  const locked = lockedBy(model, account);
  if (locked) return { message: `${model.id} is not for this account. ${locked}`, field: "model" };
  if (!model.available) return { message: `${model.id} does not work here: ${model.missing}`, field: "model" };
  const most = model.limits.images;
  if (photos > most) {
    return { message: `${model.id} takes ${plural(most, "photo", "photos")}: remove the others below the picture, or choose another model.`, field: "image" };
  }
  if (prompt.length > model.limits.prompt_characters) {
    return { message: `${model.id} reads at most ${model.limits.prompt_characters} characters: shorten the prompt.`, field: "prompt" };
  }
  return null;
}
