const _ = require('lodash');

console.log(_.chunk([1, 2, 3, 4, 5], 2), _.camelCase('foo bar-baz'), _.get({ a: [{ b: 3 }] }, 'a[0].b'));
console.log(_.merge({ a: { b: 1 } }, { a: { c: 2 } }), _(['b', 'a']).sortBy().map(_.upperCase).value());
console.log(_.template('hello <%= name %>')({ name: 'compat' }), _.cloneDeep(new Map([[1, { a: 1 }]])));
_.defer(() => console.log('deferred'));
_.debounce(() => console.log('debounced'), 5)();
