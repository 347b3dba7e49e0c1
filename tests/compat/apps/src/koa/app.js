const Koa = require('koa');

const app = new Koa();
app.silent = true;
app.use(async (ctx, next) => {
  await next();
  ctx.set('x-route', ctx.path);
});
app.use(async (ctx) => {
  if (ctx.path === '/json') ctx.body = { query: ctx.query };
  else if (ctx.path === '/throw') ctx.throw(403, 'not you');
  else ctx.body = `hello ${ctx.method}`;
});
const server = app.listen(0, '127.0.0.1', async () => {
  for (const url of ['/', '/json?a=1', '/throw']) {
    const res = await fetch(`http://127.0.0.1:${server.address().port}${url}`);
    console.log(url, res.status, res.headers.get('x-route'), await res.text());
  }
  server.closeAllConnections();
  server.close();
});
