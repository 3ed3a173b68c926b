export function launcher(): Promise<string>;
export function sha256Of(file: string): string;
