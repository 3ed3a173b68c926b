// Loaded into the receiver before its own code: the wall clock is set back and forth, by up to an hour, every 200 ms.
const real = Date.now;
let offset = 0;
const jump = () => {
  offset = -Math.floor(Math.random() * 3_600_000);
};
jump();
setInterval(jump, 200).unref();
Date.now = () => real() + offset;
