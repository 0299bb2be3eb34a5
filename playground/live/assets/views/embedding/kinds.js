// What kind of thing a token is, where the tokens are all a network is asked about. Knows no view.

const VOWELS = /^[aeiouyäöüáàâéèêëíìîïóòôøúùûåæœαάεέηήιίοόυύωώаеёиоуыэюя]$/iu;

export const KINDS = ["vowel", "consonant", "capital", "digit", "space", "mark", "ideograph"];

/** The kind of a token: one of KINDS; of a word that of its first letter. */
export function kindOf(token) {
  const first = [...token][0] ?? "";
  if (!first.trim()) return "space";
  if (/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(first)) return "ideograph";
  if (/\p{N}/u.test(first)) return "digit";
  if (!/\p{L}/u.test(first)) return "mark";
  if (first !== first.toLowerCase()) return "capital";
  return VOWELS.test(first) ? "vowel" : "consonant";
}
