// A token as it can be read: what cannot be seen gets a sign. Knows no view.

const SIGNS = { " ": "␣", "\n": "↵", "\t": "⇥", "": "∅", "\ufffd": "‹?›" };

/** A token as it is written alone, in a column or beside a bar. */
export const glyph = (token) => SIGNS[token] ?? token;

/** A token as it is spoken of in a sentence. */
export function named(token, word) {
  const key = { " ": "space", "\n": "newline", "\t": "tab", "\ufffd": "unknown" }[token];
  return key ? word(`token_${key}`) : `“${token}”`;
}
