// Read every level of an OME-Zarr with zarrita and print shape, sum and a position-weighted sum.
import * as zarr from "zarrita";

const root = zarr.root(new zarr.FetchStore(process.argv[2]));
const group = await zarr.open(root, { kind: "group" });
const { multiscales } = group.attrs.ome ?? group.attrs;
for (const { path } of multiscales[0].datasets) {
  const array = await zarr.open(root.resolve(path), { kind: "array" });
  const { data, shape } = await zarr.get(array);
  let sum = 0;
  let weighted = 0;
  for (let i = 0; i < data.length; i++) {
    sum += Number(data[i]);
    weighted += Number(data[i]) * (i % 1013);
  }
  console.log(JSON.stringify({ path, shape, sum, weighted }));
}
