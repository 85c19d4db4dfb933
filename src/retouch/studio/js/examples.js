// Prompts that work. The built-in editor reads a grammar, so its own must be among those it knows (a test reads them);
// the others are general models.

export const BUILT_IN = {
  whole: ["make it a bit warmer", "auto-enhance", "black and white", "pencil sketch", "blur the background", "remove the background", "crop to 16:9", "upscale 2x", "add a vignette"],
  marked: ["remove the person", "turn the shirt blue", "pixelate the license plate", "brighten the sky", "blur the faces"],
  extended: ["fill in the transparent areas"],
};

export const GENERAL = {
  whole: ["Make it a golden hour photo", "Turn it into a watercolor", "Replace the background with a beach at dusk", "Make it look like winter"],
  marked: ["Replace it with a vase of tulips", "Remove it and restore what is behind", "Change its color to deep green"],
  extended: ["Continue the scene naturally", "Extend the sky and the landscape"],
};
