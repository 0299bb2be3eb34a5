// What an answer rests on: how strongly each token before it moves it, as shares of the strongest. Numbers only.

/**
 * @param {{data: Float32Array, shape: [number, number]}} rows one for each beginning of the text, the last token first
 * @param {number} row
 * @param {number} count tokens of that beginning
 * @returns {number[]} −1 … 1 for each token, the first token first; all 0 where nothing matters
 */
export function restsOn(rows, row, count) {
  const wide = rows.shape[1];
  if (row < 0 || row >= rows.shape[0]) return [];
  const found = Array.from({ length: count }, (_, k) => {
    const back = count - 1 - k;
    return back < wide ? rows.data[row * wide + back] : 0;
  });
  const most = Math.max(...found.map(Math.abs), 0);
  return most > 0 ? found.map((value) => value / most) : found;
}

/** The places of the strongest, at most `count`, the strongest first; those of less than a tenth of it are none. */
export function strongest(shares, count) {
  return shares
    .map((value, place) => ({ place, value }))
    .filter(({ value }) => Math.abs(value) >= 0.1)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, count);
}
