// An S3 server on this machine that checks keys, over a folder, with one bucket; prints its port.
const S3rver = require("./checkers/node_modules/s3rver");

const server = new S3rver({
  address: "127.0.0.1",
  port: 0,
  silent: true,
  directory: process.argv[2],
  configureBuckets: [{ name: "brains" }],
});
server.run().then(({ port }) => console.log(port));
