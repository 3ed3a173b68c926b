/** The name that this component is deployed under. */
export const COMPONENT = "io.packdrift.Monitor";

/** The named shadow. */
export const SHADOW = "packdrift";
