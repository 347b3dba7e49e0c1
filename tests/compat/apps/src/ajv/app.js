const Ajv = require('ajv');

const validate = new Ajv({ allErrors: true }).compile({
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', minLength: 2 }, tags: { type: 'array', items: { enum: ['a', 'b'] } } },
  additionalProperties: false,
});
for (const data of [{ name: 'ok' }, { name: 'x', tags: ['c'], extra: 1 }, 5]) {
  console.log(validate(data), (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`));
}
