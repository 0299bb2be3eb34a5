// The theme's colours as variables for a view's style sheet. Knows no picture.

const INKS = ["text", "faint", "line", "background", "accent", "negative", "zero", "positive", "wrong", "discriminator", "generator", "real"];

/** Gives a view the variables --ink-text, --ink-faint, … */
export function dye(element, colours) {
  for (const ink of INKS) element.style.setProperty(`--ink-${ink}`, colours[ink] ?? colours.text);
  element.style.colorScheme = colours.dark ? "dark" : "light";
}
