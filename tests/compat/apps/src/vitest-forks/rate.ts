export const rate = (): number => 7;
export const total = (n: number): number => n * rate();
