export const used = (n) => n * 2; export const dropped = () => 'this must not be in the bundle';
