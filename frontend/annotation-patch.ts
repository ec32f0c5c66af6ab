/** Annotations in Neuroglancer without code that is compiled as it runs. */

// Neuroglancer compiles code for the properties of annotations as it runs, which the page's policy forbids.
// The same by plain functions.
const COMPILED = (name: string) =>
  new RegExp(`this\\.${name} = new Function\\(\\s*(?:"\\w+",\\s*){6}${name}Code\\s*\\);`);
const WALKED = (name: string) =>
  `this.${name} = atlasviewWalk(propertySpecs, offsets, propertyGroupBytes, atlasview_${name});`;
const WALK = `
function atlasviewWalk(specs, offsets, groupBytes, step) {
  return (dv, offset, index, count, little, values) => {
    const starts = [];
    let start = offset;
    for (const bytes of groupBytes) {
      starts.push(start + bytes * index);
      start += bytes * count;
    }
    specs.forEach(({ type }, i) => {
      step(type, dv, starts[offsets[i].group] + offsets[i].offset, little, values, i);
    });
  };
}
const atlasviewMethods = {
  float32: "Float32", uint32: "Uint32", int32: "Int32", uint16: "Uint16", int16: "Int16",
  uint8: "Uint8", int8: "Int8"
};
function atlasview_serialize(type, dv, at, little, values, i) {
  const value = values[i];
  if (type === "rgb") {
    dv.setUint16(at, value, true);
    dv.setUint8(at + 2, value >>> 16);
  } else if (type === "rgba") dv.setUint32(at, value, true);
  else dv["set" + atlasviewMethods[type]](at, value, little);
}
function atlasview_deserialize(type, dv, at, little, values, i) {
  if (type === "rgb") values[i] = dv.getUint16(at, true) | (dv.getUint8(at + 2) << 16);
  else if (type === "rgba") values[i] = dv.getUint32(at, true);
  else values[i] = dv["get" + atlasviewMethods[type]](at, little);
}
`;

/** The code of its `annotation/index.js`; one that is not as it was fails the build. */
export function uncompiled(code: string): string {
  const changed = ["serialize", "deserialize"].reduce((text, name) => {
    if (!COMPILED(name).test(text)) {
      throw new Error(`annotation/index.js of Neuroglancer no longer compiles its ${name}`);
    }
    return text.replace(COMPILED(name), WALKED(name));
  }, code);
  return changed + WALK;
}
