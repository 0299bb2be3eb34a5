// What a layer is called in every picture: its number and its kind as the list of layers has them. Knows no picture.

/** "4 · Convolution"; nothing for a layer that there is not. */
export function called({ layers }, index) {
  return layers[index] ? `${index + 1} · ${layers[index].name}` : "";
}

/** The same with torch's term, where that is another one: "4 · Convolution (Conv2d)". */
export function taught({ layers }, index) {
  const { name, kind } = layers[index] ?? {};
  return name && name !== kind ? `${called({ layers }, index)} (${kind})` : called({ layers }, index);
}
