/** The name that this component is deployed under. */
export const COMPONENT = "io.packdrift.Monitor";

/** The named shadow. */
export const SHADOW = "packdrift";

/** The environment variable that names the file with an examiner's compiled code. */
export const CODE_CACHE = "PACKDRIFT_CODE_CACHE";
