// Noise by hand in the wide column: where samples are pictures, the plane is laid out with them and wants room.

export { mount, needs, styles } from "./noise.js";

export const place = "main";
