// The way through one training step, stop by stop: five phases over the columns of the network, forwards, to the loss, and
// back. Knows shapes alone, no numbers and no screen.

export const PHASES = ["forward", "loss", "backward", "gradient", "update"];
const MANY = 16; // units of a column above which a column is one stop, whatever is wished

/**
 * @param {Array<{units: number, working: boolean}>} columns
 * @param {boolean} fine a stop for each unit, or one for each column
 * @returns {Array<{phase: number, column: number|null, unit: number|null}>} phase 1..5; unit null: the whole column
 */
export function path(columns, fine) {
  const order = columns.map((_, column) => column);
  const back = [...order].reverse();
  const stops = (phase, sequence) =>
    sequence.flatMap((column) => {
      const { units } = columns[column];
      if (!fine || units > MANY) return [{ phase, column, unit: null }];
      return Array.from({ length: units }, (_, unit) => ({ phase, column, unit }));
    });
  return [...stops(1, order), { phase: 2, column: columns.length - 1, unit: null }, ...stops(3, back), ...stops(4, back), ...stops(5, order)];
}

/** Whether a unit has been reached in its phase by stop number `now`. */
export function reached(way, now, phase, column, unit) {
  for (let i = 0; i <= now; i++) {
    const stop = way[i];
    if (stop.phase > phase) return true;
    if (stop.phase === phase && stop.column === column && (stop.unit === null || stop.unit === unit)) return true;
  }
  return false;
}
