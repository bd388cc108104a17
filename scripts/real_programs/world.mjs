// Invented people and their secrets, drawn from a seed. `truth` remembers all that was planted.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const pools = JSON.parse(readFileSync(new URL('world.json', import.meta.url), 'utf8'))
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export function world(seed) {
  let n = 0
  const draw = below => createHash('sha256').update(`${seed}:${n++}`).digest().readUInt32BE(0) % below
  const pick = list => list[draw(list.length)]
  const chars = (length, alphabet = ALPHABET) => Array.from({ length }, () => alphabet[draw(alphabet.length)]).join('')
  const hex = length => chars(length, '0123456789abcdef')
  const digits = length => chars(length, '0123456789')
  const truth = []
  const plant = (kind, value) => { truth.push({ kind, value }); return value }
  const plain = s => s.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase()
  const person = () => {
    const given = plant('name', pick(pools.given))
    const family = plant('name', pick(pools.family))
    const uuid = `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
    return {
      given, family, name: `${given} ${family}`,
      mail: plant('mail', `${plain(given)}.${plain(family)}@customer-${draw(90) + 10}.example`),
      accountId: plant('account id', `712020:${uuid}`),
      phone: plant('phone', pick(pools.phones).replace(/#/g, () => draw(10))),
      address: plant('address', pick(pools.streets)),
      born: plant('birth date', `19${draw(40) + 50}-0${draw(9) + 1}-1${draw(10)}`),
      ssn: plant('national id', `${draw(500) + 100}-${draw(80) + 10}-${draw(8000) + 1001}`),
      ip: plant('address of a network', `203.0.113.${draw(240) + 4}`),
      title: plant('title', pick(pools.titles)),
    }
  }
  return {
    truth, plant, draw, person, hex, digits,
    password: () => plant('password', `${pick(pools.words)}${draw(9) + 1}${pick(pools.words).replace(/^./, c => c.toUpperCase())}${draw(90) + 10}`),
    passphrase: () => plant('password', `${pick(pools.words)} ${pick(pools.words)} ${pick(pools.words)} ${draw(90) + 10}`),
    key: (length = 32) => plant('key', chars(length - 2) + digits(2)),
    hexKey: (length = 40) => plant('key', hex(length)),
  }
}
