// `navigator` of a package: what Node is, and of the machine no more than `system` items tell.

const { may, peek } = use('deny');
const { defineProperty } = Reflect;

exports.make = (c) => {
  const told = (item, real, neutral) => (peek(c, 'system', item) && may(c, 'system', item) ? real() : neutral);
  const { versions, platform } = host.global.process;
  const own = {
    get hardwareConcurrency() { return told('cpus', () => host.real('os').availableParallelism(), 1); },
    get language() { return told('locale', () => new host.global.Intl.NumberFormat().resolvedOptions().locale, 'en-US'); },
    get languages() { return [own.language]; },
    userAgent: `Node.js/${versions.node.split('.')[0]}`,
    platform,
  };
  defineProperty(own, Symbol.toStringTag, { value: 'Navigator', configurable: true });
  return own;
};
