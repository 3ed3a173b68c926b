/** The processor time used from now on, in milliseconds: unlike the clock it does not count what other processes use. */
export function startCpuTime(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
}
