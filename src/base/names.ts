/** This component, as it is deployed. */
export const COMPONENT = "io.packdrift.Monitor";

/** The named shadow. */
export const SHADOW = "packdrift";
