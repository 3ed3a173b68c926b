/** The mark in a browser's tab: two squares that do not cover each other. */
export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect x="2" y="2" width="14" height="14" rx="3.5" fill="#9fb3c8"/><rect x="8" y="8" width="14" height="14" rx="3.5" fill="#1f5fa8"/></svg>`;
