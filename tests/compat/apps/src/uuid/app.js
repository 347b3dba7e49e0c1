const { v4, v5, v7, validate, version, parse, stringify } = require('uuid');

console.log(v5('compat', v5.URL), validate(v4()), version(v4()), version(v7()), v4() !== v4());
console.log(stringify(parse('6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b')));
