import { connect } from "node:net";

/** Whether the nucleus's socket accepts connections; true if no nucleus started this process. */
export function isNucleusListening(environment: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  const path = environment.AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT;
  if (!path) return Promise.resolve(true);
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
