const fastify = require('fastify')({ logger: false });

fastify.get('/hello/:name', {
  schema: { response: { 200: { type: 'object', properties: { hello: { type: 'string' } } } } },
}, async (request) => ({ hello: request.params.name, dropped: true }));
fastify.post('/sum', {
  schema: { body: { type: 'object', required: ['values'], properties: { values: { type: 'array', items: { type: 'number' } } } } },
}, async (request) => ({ sum: request.body.values.reduce((a, b) => a + b, 0) }));

(async () => {
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  const base = `http://127.0.0.1:${fastify.server.address().port}`;
  const post = (body) => fetch(`${base}/sum`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  console.log(await (await fetch(`${base}/hello/compat`)).text());
  console.log(await (await post('{"values":[1,2,3]}')).text());
  const bad = await post('{"values":"no"}');
  console.log(bad.status, await bad.text());
  console.log((await fastify.inject('/nowhere')).statusCode);
  await fastify.close();
})();
