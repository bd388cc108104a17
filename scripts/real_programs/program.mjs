// Lets real libraries of Node.js log what goes through them. Prints a log; writes what was planted to the file named second.
//
//     node program.mjs SEED TRUTH.json
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSocketServer } from 'node:net'
import { format, inspect } from 'node:util'
import axios from 'axios'
import bunyan from 'bunyan'
import createDebug from 'debug'
import got from 'got'
import { Version3Client } from 'jira.js'
import morgan from 'morgan'
import pg from 'pg'
import pino from 'pino'
import { fetch as undiciFetch, request as undiciRequest } from 'undici'
import winston from 'winston'
import { world } from './world.mjs'

globalThis.console = new console.Console(process.stdout, process.stdout)
const [seed, truthFile] = process.argv.slice(2)
const w = world(seed)
const people = Array.from({ length: 14 }, () => w.person())
let turn = 0
const next = () => people[turn++ % people.length]
const stays = new Set()
const stay = word => { stays.add(word); return word }

// -- the other end ------------------------------------------------------------------------------------------------------
const access = morgan(':remote-addr - :remote-user [:date[clf]] ":method :url HTTP/:http-version" :status ":referrer" ":user-agent"')
const server = createServer((req, res) => {
  const chunks = []
  req.on('data', c => chunks.push(c))
  req.on('end', () => access(req, res, () => {
    const sent = Buffer.concat(chunks).toString()
    const status = Number(/\/s(\d{3})/.exec(req.url)?.[1] ?? 200)
    let body = { path: req.url, received: sent.slice(0, 400) }
    if (/\/rest\/api/.test(req.url)) body = { errorMessages: ['Issue does not exist or you do not have permission to see it.'], errors: { assignee: `User '${current.name}' cannot be assigned issues.` } }
    res.writeHead(status, { 'content-type': 'application/json', 'set-cookie': `SESSION=${sessionKey}; Path=/; HttpOnly`, 'x-request-id': '7f3c' })
    res.end(JSON.stringify(body))
  }))
})
const sessionKey = w.key(30)
let current = people[0]
await new Promise(done => server.listen(0, '127.0.0.1', done))
const base = `http://127.0.0.1:${server.address().port}`
const attempt = async (what, f) => { try { await f() } catch (error) { what(error) } }
const log = (...args) => console.log(...args)

// -- axios ----------------------------------------------------------------------------------------------------------------
{
  const p = next()
  const client = axios.create({ baseURL: base, auth: { username: p.mail, password: w.password() }, timeout: 3000 })
  await attempt(e => log('axios failed', e.toJSON()), () => client.get('/s404/members', { params: { email: p.mail, q: p.name, api_key: w.key() } }))
  await attempt(e => log('axios failed', e.config.url, e.config.data, e.response.status, e.response.data), () => client.post('/s422/members', { displayName: p.name, phone: p.phone, address: p.address, dateOfBirth: p.born, password: w.password() }))
  const q = next()
  await attempt(e => { e.request = undefined; if (e.response) e.response.request = undefined; log(e) }, () => axios.put(`${base}/s500/profile/${q.accountId}?token=${w.key(40)}`, { lead: q, summary: q.title }, { headers: { 'X-Api-Key': w.key(), Authorization: `Bearer ${w.key(48)}`, Cookie: `sid=${w.key(28)}; theme=dark` } }))
  await attempt(e => log(`${e}: ${e.code} ${JSON.stringify(e.config.headers)} ${e.config.params}`), () => axios.get('http://127.0.0.1:9/refused', { params: new URLSearchParams({ user: q.name, phone: q.phone }), headers: { 'x-user-email': q.mail, 'x-forwarded-for': q.ip } }))
}

// -- fetch and undici -----------------------------------------------------------------------------------------------------
{
  const p = next()
  const form = new FormData()
  form.set('fullName', p.name)
  form.set('email', p.mail)
  form.set('password', w.password())
  form.set('street', p.address)
  form.set('file', new Blob([p.title]), `${p.name}.pdf`)
  log('form', form)
  log('entries', [...form.entries()])
  const answer = await fetch(`${base}/s200/upload`, { method: 'POST', body: form })
  log('answer', await answer.text())
  const headers = new Headers({ authorization: `Basic ${Buffer.from(`${p.mail}:${w.password()}`).toString('base64')}`, 'x-api-token': w.key(36), 'x-user': p.accountId })
  log(headers)
  log(Object.fromEntries(headers))
  log([...headers])
  log(new Request(`${base}/search?assignee=${encodeURIComponent(p.name)}&key=${w.key()}`, { headers }))
  const q = next()
  await attempt(e => log('fetch failed for', q.name, e), () => undiciFetch(`http://127.0.0.1:9/users/${q.accountId}?ticket=${w.key(24)}`))
  const { statusCode, headers: got } = await undiciRequest(`${base}/s201/cases`, { method: 'POST', body: JSON.stringify({ title: q.title, reporter: { name: q.name, mobile: q.phone } }) })
  log(statusCode, got)
  log(new URL(`https://${encodeURIComponent(q.mail)}:${w.password()}@crm.customer.example/v1/leads?secret=${w.key()}&page=2#top`))
  const query = new URLSearchParams([['name', q.name], ['phone', q.phone], ['access_token', w.key(40)], ['sort', stay('created')]])
  log(query, query.toString())
  log([...query])
}

// -- got ------------------------------------------------------------------------------------------------------------------
{
  const p = next()
  await attempt(e => log(e.message, e.options.url.href, e.options.json, e.response?.body), () => got.post(`${base}/s403/teams?sig=${w.hexKey()}`, { json: { owner: p.name, ownerId: p.accountId, note: p.title }, retry: { limit: 0 }, headers: { 'x-atlassian-token': w.key() } }))
  await attempt(e => log(e), () => got(`http://127.0.0.1:9/p/${encodeURIComponent(p.mail)}`, { retry: { limit: 0 }, username: p.mail, password: w.password() }))
}

// -- pino, bunyan, winston, debug -----------------------------------------------------------------------------------------
{
  const p = next()
  const q = next()
  const logger = pino({ base: { pid: 17, hostname: 'app-1' } }, pino.destination({ sync: true }))
  const cause = new Error(`no seat left for ${p.name}`)
  const error = Object.assign(new Error(`Could not invite ${q.mail}`, { cause }), { invited: q, secret: w.key() })
  logger.error(error, 'invite failed')
  logger.info({ user: p, headers: { authorization: `Bearer ${w.key(40)}`, cookie: `token=${w.key()}` } }, `invited ${p.name} by ${q.name}`)
  logger.child({ reqId: stay('req-17'), assignee: p.name }).warn({ changes: [{ field: 'summary', from: p.title, to: q.title }, { field: 'assignee', oldValue: p.name, newValue: q.name }] }, 'updated')
  logger.warn('login of %s with %j from %s', p.mail, { password: w.password() }, p.ip)
  const b = bunyan.createLogger({ name: 'roster', hostname: 'app-1', serializers: bunyan.stdSerializers })
  b.warn({ err: error, customer: { fullName: p.name, homeAddress: p.address, ssn: p.ssn } }, 'customer %s was refused', p.name)
  b.info({ req: { method: 'GET', url: `/invite?email=${p.mail}&code=${w.key(24)}`, headers: { 'x-real-ip': p.ip } } })
  const line = winston.createLogger({
    format: winston.format.combine(winston.format.timestamp(), winston.format.splat(), winston.format.printf(i => `${i.timestamp} [${i.level}] ${i.message} ${inspect(i.meta ?? {}, { breakLength: 200 })}`)),
    transports: [new winston.transports.Console()],
  })
  line.warn('reset of password for %s', q.mail, { meta: { newPassword: w.password(), requestedBy: q.name, phone: q.phone } })
  line.error(`mail to "${q.name}" <${q.mail}> bounced: ${stay('mailbox unavailable')}`)
  winston.createLogger({ format: winston.format.json(), transports: [new winston.transports.Console()] }).error({ message: error.message, stack: error.stack, user: q, query: { token: w.key() } })
  createDebug.enable('roster:*')
  const d = createDebug('roster:sync')
  d.log = (...args) => process.stdout.write(format(...args) + '\n')
  d('member %o', { name: p.name, accountId: p.accountId, title: p.title })
  d('credentials %O', { user: p.mail, pass: w.password(), keys: [w.key(), w.key()] })
}

// -- pg -------------------------------------------------------------------------------------------------------------------
{
  const p = next()
  const message = (type, body) => { const head = Buffer.alloc(5); head.write(type); head.writeInt32BE(body.length + 4, 1); return Buffer.concat([head, body]) }
  const fields = error => Buffer.from(Object.entries(error).map(([k, v]) => `${k}${v}\0`).join('') + '\0')
  const failure = { S: 'ERROR', C: '23505', M: 'duplicate key value violates unique constraint "members_email_key"', D: `Key (email, full_name)=(${p.mail}, ${p.name}) already exists.`, s: 'public', t: 'members', n: 'members_email_key', F: 'nbtinsert.c', L: '666', R: '_bt_check_unique' }
  const database = createSocketServer(socket => {
    let started = false
    socket.on('data', data => {
      if (!started) { started = true; socket.write(Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))])) } else if (data.includes('INSERT')) socket.write(Buffer.concat([message('E', fields(failure)), message('Z', Buffer.from('I'))]))
    })
    socket.on('error', () => {})
  })
  await new Promise(done => database.listen(0, '127.0.0.1', done))
  const password = w.password()
  const client = new pg.Client({ host: '127.0.0.1', port: database.address().port, user: p.mail, password, database: 'roster', ssl: false })
  client.on('error', () => {})
  await client.connect()
  const sql = `INSERT INTO members (email, full_name, phone, born) VALUES ('${p.mail}', '${p.name}', '${p.phone}', '${p.born}')`
  await attempt(e => { log('query failed:', sql); log(e) }, () => client.query(sql))
  const q = next()
  const values = [q.mail, q.name, q.phone, q.address, w.password()]
  log('INSERT INTO members (email, name, phone, address, password) VALUES ($1, $2, $3, $4, $5)', values)
  log('DETAIL:  parameters: ' + values.map((v, i) => `$${i + 1} = '${v}'`).join(', '))
  log(inspect(new pg.Query({ text: 'UPDATE members SET name = $1, title = $2 WHERE account_id = $3', values: [q.name, q.title, q.accountId] }), { depth: 1, compact: true, breakLength: 160 }).slice(0, 700))
  client.connection.stream.destroy()
  database.close()
}

// -- jira.js --------------------------------------------------------------------------------------------------------------
{
  const p = next()
  current = p
  const jira = new Version3Client({ host: `${base}/s404`, authentication: { basic: { email: p.mail, apiToken: w.key(60) } } })
  await attempt(e => { log(String(e), inspect(e, { depth: 1 }).slice(0, 4000)) }, () => jira.issues.createIssue({ fields: { summary: p.title, project: { key: 'OPS' }, issuetype: { name: 'Task' }, assignee: { accountId: p.accountId }, description: p.title } }))
  log('issue', { key: stay('OPS-118'), fields: { summary: p.title, reporter: { displayName: p.name, emailAddress: p.mail, accountId: p.accountId }, customfield_10042: p.phone, labels: [stay('urgent')] } })
  log('JQL', `project = OPS AND assignee = "${p.name}" AND summary ~ "${p.title}"`)
}

// -- values as Node.js shows them -----------------------------------------------------------------------------------------
{
  class Member {
    #token
    #name
    constructor (p) { this.#token = w.key(); this.#name = p.name; this.email = p.mail; this.phone = p.phone; this.address = p.address }
    get displayName () { return this.#name }
    [inspect.custom] (depth, options) { return `Member ${inspect({ email: this.email, name: this.#name, token: this.#token, address: this.address }, options)}` }
  }
  class Seat { constructor (p) { this.owner = p.name; this._password = w.password(); this.accountId = p.accountId; Object.defineProperty(this, 'ssn', { value: p.ssn }) } }
  const [p, q, r] = [next(), next(), next()]
  console.table([{ name: p.name, email: p.mail, phone: p.phone, seats: 3 }, { name: q.name, email: q.mail, phone: q.phone, seats: 12 }])
  console.table({ [p.accountId]: { address: p.address, password: w.password() } })
  console.table([['password', w.password()], ['assignee', q.name]])
  console.table(new Map([['token', w.key()], ['owner', p.name]]))
  log(new Map([[p.mail, { name: p.name, born: p.born }], [q.mail, { name: q.name, address: q.address }]]))
  log(new Map([['password', w.password()], ['phone', p.phone], ['displayName', q.name], ['apiKey', w.key()]]))
  log(new Set([p.name, q.mail, r.phone]), new Set(people.slice(0, 3).map(x => x.accountId)))
  log(new Member(p), new Seat(q), inspect(new Seat(r), { showHidden: true, compact: false }))
  log([new Seat(p), new Member(r)])
  console.dir({ nested: { deeper: { customer: { fullName: r.name, contact: { email: r.mail, telephone: r.phone } } } } }, { depth: null })
  log('user %s (%s) asked for %o', p.name, p.mail, { title: p.title, secretKey: w.key() })
  log('payload %j', { user: q, passwords: [w.password(), w.password()], credentials: { login: q.mail, passphrase: w.passphrase() } })
  log('%O', { token: { value: w.key(), expires: 3600 }, address: { line1: r.address, country: 'NO' } })
  const secret = w.password()
  log(Buffer.from(`password=${secret}`), Buffer.from(p.mail).toJSON(), new Uint8Array(Buffer.from(q.mail)))
  log({ body: Buffer.from(JSON.stringify({ email: r.mail, password: secret })) }, Buffer.from(r.mail).toString('hex'), Buffer.from(r.name).toString('base64'))
  log(new TextEncoder().encode(p.mail).buffer)
  const symbol = Symbol('session')
  log({ [symbol]: w.key(), 'x-api-key': w.key(), 'user name': p.name, ['Full Name']: q.name, '전화번호': q.phone })
  log([['authorization', `Bearer ${w.key(40)}`], ['x-customer-name', p.name], ['content-length', '118']])
  log(['Authorization', `Token ${w.key(36)}`, 'X-User-Email', q.mail, 'Accept', stay('application/json')])
  const cause = new RangeError(`phone ${q.phone} of ${q.name} is not valid`)
  log(new Error(`Cannot save profile of ${p.name} <${p.mail}>`, { cause }))
  log(new AggregateError([new Error(`member ${p.accountId} (${p.name}) is gone`), new TypeError(`"${r.title}" is too long`)], 'sync failed'))
  log(Object.assign(new Error('validation failed'), { details: [{ path: ['user', 'email'], value: q.mail }, { path: ['user', 'password'], value: w.password() }, { path: ['address'], value: q.address }] }))
  await attempt(e => log(e.message), () => JSON.parse(`{"name":"${p.name}","password":${w.password()}}`))
  await attempt(e => log(e), () => new URL(`http://${r.mail}:${w.password()}@[bad/path`))
  await attempt(e => log(e.stack), () => { throw new Error(`Page "${q.title}" was not found`) })
  console.group(`Profile of ${r.name}`)
  log(`Mail:     ${r.mail}`); log(`Phone:    ${r.phone}`); log(`Address:  ${r.address}`); log(`Born:     ${r.born}`); log(`Password: ${w.password()}`); log(`SSN:      ${r.ssn}`)
  console.groupEnd()
  console.trace('token refresh for', p.mail, w.key())
  console.assert(false, 'owner %s has no seat', q.name)
  log(`Moved page "${p.title}" to space OPS`); log(`renamed '${q.title}' to '${r.title}'`)
  log('comment by', q.name, '-', q.title)
  log(new Proxy({ email: p.mail, name: p.name }, {}), Promise.resolve({ accessToken: w.key() }), new WeakSet())
  log(structuredClone({ when: new Date(0), who: q.name, address: q.address }), [[p.name, p.phone], [q.name, q.phone]])
  log(stay('cache warmed in 118 ms'), { hits: 12, [stay('misses')]: 3, version: stay('4.207.1'), status: stay('completed') })
  log(`retry ${stay('2 of 5')} after ${stay('ECONNRESET')} at ${stay('resolver.saveRoster')}`)
}

await new Promise(done => setTimeout(done, 200))
server.close()
server.closeAllConnections()
writeFileSync(truthFile, JSON.stringify({ planted: [...new Map(w.truth.map(t => [t.value, t])).values()], stays: [...stays] }, null, 1) + '\n')
