// The smallest program of aws-crt-stream-close.md: a server that stops reading, and a stream that is closed while its
// activation still waits to be written. It ends by SIGABRT or SIGSEGV, and does not get to "survived".
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { checksums, eventstream, io } from "aws-crt";

const PATH = `/tmp/aws-crt-stream-close-${process.pid}.sock`;
const { ClientConnection, Header, MessageFlags, MessageType } = eventstream;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** CONNECT_ACK with the flag "accepted", on stream 0. */
function connectAck() {
  const int32 = (name, value) => {
    const bytes = Buffer.alloc(6 + name.length);
    bytes.writeUInt8(name.length, 0);
    bytes.write(name, 1);
    bytes.writeUInt8(4, 1 + name.length);
    bytes.writeInt32BE(value, 2 + name.length);
    return bytes;
  };
  const headers = Buffer.concat([int32(":message-type", 5), int32(":message-flags", 1), int32(":stream-id", 0)]);
  const frame = Buffer.alloc(16 + headers.length);
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(headers.length, 4);
  frame.writeUInt32BE(checksums.crc32(frame.subarray(0, 8)) >>> 0, 8);
  headers.copy(frame, 12);
  frame.writeUInt32BE(checksums.crc32(frame.subarray(0, frame.length - 4)) >>> 0, frame.length - 4);
  return frame;
}

// Without it the handler of aws-crt allocates for its stack trace and, inside the allocator's own abort, waits for ever.
process.on("SIGABRT", () => process.exit(134));

for (let round = 0; round < 20; round++) {
  let accepted;
  const server = createServer((socket) => {
    accepted = socket;
    socket.on("error", () => {});
    socket.once("data", () => {
      socket.write(connectAck());
      socket.pause();
    });
  }).listen(PATH);
  await new Promise((resolve) => server.once("listening", resolve));

  const connection = new ClientConnection({
    hostName: PATH,
    port: 0,
    socketOptions: new io.SocketOptions(io.SocketType.STREAM, io.SocketDomain.LOCAL, 1_000),
  });
  connection.on("disconnection", () => {});
  await connection.connect({});
  const acknowledged = new Promise((resolve) => connection.once("protocolMessage", resolve));
  const headers = [Header.newString(":version", "0.1.0")];
  await connection.sendProtocolMessage({ message: { type: MessageType.Connect, headers } });
  await acknowledged;

  // Fills the socket: what follows waits in the client.
  const streams = Array.from({ length: 20 }, () => connection.newStream());
  for (const stream of streams) {
    const message = { type: MessageType.ApplicationMessage, flags: MessageFlags.None, payload: Buffer.alloc(100_000) };
    stream.activate({ operation: "operation", message }).catch(() => {});
  }
  await pause(100);
  for (const stream of streams) stream.close();
  await pause(100);
  accepted.destroy();
  await pause(200);
  connection.close();
  server.close();
  rmSync(PATH, { force: true });
}
console.log("survived");
process.exit(0);
