export const later = (name) => `later ${name}`;
