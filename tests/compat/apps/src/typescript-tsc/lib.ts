export function size(s: string): number {
  return s.length;
}
