export default ({ n }) => {
  if (n < 0) throw new RangeError(`${n} is less than nothing`);
  return n * n;
};
export const twice = ({ n }) => 2 * n;
