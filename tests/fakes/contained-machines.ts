import { KEYED, SERVICE_KEY, type ContainedWorld } from './contained-world.ts'
import { DEFENDER_MACHINE, MACHINE_PATH, startFakeDefender } from './fake-defender.ts'
import { MICROSOFT_CLIENT, MICROSOFT_TENANT } from './fake-microsoft-login.ts'

export async function defenderWorld(): Promise<ContainedWorld> {
  const fake = await startFakeDefender(SERVICE_KEY)
  const status = (): string => {
    const [last] = fake.actions().filter((one) => one.status === 'Succeeded' || one.status === 'Pending')
    return last?.type === 'Isolate' ? 'isolated' : 'not isolated'
  }
  return {
    ...fake,
    ...KEYED,
    looks: 2,
    urls: { LOGIN_BASE_URL: fake.remote.url, DEFENDER_BASE_URL: fake.remote.url },
    argsWith: (secret) => ({
      tenant_id: MICROSOFT_TENANT,
      client_id: MICROSOFT_CLIENT,
      secret_client_secret: secret,
      machine_id: DEFENDER_MACHINE,
    }),
    target: { arg: 'machine_id', id: DEFENDER_MACHINE, inverse: DEFENDER_MACHINE },
    hostile: ['mymachine1.example.com', `${DEFENDER_MACHINE}/isolate`, `${DEFENDER_MACHINE}' or '1' eq '1`],
    paths: { read: MACHINE_PATH, contain: `${MACHINE_PATH}/isolate` },
    verbs: ['Isolate', 'Unisolate'],
    words: { free: 'not isolated', contained: 'isolated' },
    stateOf: (word) => ({ status: word }),
    set: (word) => fake.add(word === 'isolated' ? 'Isolate' : 'Unisolate'),
    status,
  }
}
