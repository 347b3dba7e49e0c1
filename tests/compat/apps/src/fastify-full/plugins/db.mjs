import fp from 'fastify-plugin';
export default fp(async (app, opts) => { app.decorate('db', { get: (k) => opts[k] ?? null }); app.addHook('onClose', async () => console.log('db closed')); }, { name: 'db' });
