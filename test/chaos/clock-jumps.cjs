// Loaded into the receiver before its own code: the wall clock is set back and forward, by up to an hour each way, every 200 ms.
const real = Date.now;
let offset = 0;
const jump = () => {
  offset = Math.floor((2 * Math.random() - 1) * 3_600_000);
};
jump();
setInterval(jump, 200).unref();
Date.now = () => real() + offset;
