/** Files of more than 300 lines, each with the reason why it is better whole. */
export const longFiles: Record<string, string> = {};
