import { accessSync, constants } from 'node:fs'
import { isAbsolute } from 'node:path'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { Settings } from '../../../shared/model/settings.ts'
import { checkServiceUrl } from '../actions/service-url.ts'
import { ANALYST } from '../chain/chain-deps.ts'
import { NetAllow } from '../http/net-allow.ts'
import { builtInProtections } from '../limits/own-machine.ts'
import { faultOfEntry } from '../limits/protected-targets.ts'
import { newReadToken, ReadAccess } from '../receiver/read-access.ts'
import { readAddress } from '../receiver/address.ts'
import { isTopicArn } from '../receiver/sns-topics.ts'
import { parseEnvList } from '../secrets/env.ts'
import { SECRET_NAME } from '../secrets/handles.ts'
import type { DeskContext, Handlers } from './context.ts'

/** Settings, the response mode and the receiver's address. */
export function settingHandlers(
  context: DeskContext,
): Handlers<
  'settings.get' | 'settings.set' | 'settings.protected' | 'mode.set' | 'receiver.retry' | 'reading.newToken'
> {
  const { store, mode, chains, receiver, bus } = context
  const access = new ReadAccess(store.settings, context.config)
  const current = (): Settings => ({
    ...store.settings.all(),
    'response.mode': mode.current(),
    'read.graphql': access.isGraphqlOn(),
  })
  return {
    'settings.get': current,
    'settings.set': async ({ changes }) => {
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
      await change(context, given)
      return current()
    },
    'settings.protected': () => ({
      rows: builtInProtections(context.machine()).map(({ value, why }) => ({ value, why })),
    }),
    'mode.set': async (arg) => {
      const before = mode.current()
      const held = chains.heldChains()
      const isLeavingOff = before === 'off' && arg.mode !== 'off'
      // Nothing starts by switching alone: without an answer about the held chains the mode stays.
      if (isLeavingOff && held > 0 && arg.held === null) return { mode: before, heldChains: held }
      if (arg.mode !== before) await mode.set(arg.mode, ANALYST)
      // Under *Off* an answer starts nothing; after a long absence it comes with the mode as it is.
      if (arg.mode !== 'off' && arg.held !== null) await chains.releaseHeld(arg.held)
      bus.changed(['settings', 'state'])
      return { mode: mode.current(), heldChains: chains.heldChains() }
    },
    'reading.newToken': async () => {
      const { token, sha256 } = newReadToken()
      store.revoked.add(store.settings.get('read.tokenSha256'))
      await store.writer.commit('setting', (tx) => store.settings.set(tx, { 'read.tokenSha256': sha256 }, ANALYST))
      bus.changed('settings')
      return { token }
    },
    'receiver.retry': async ({ address }) => {
      if (receiver === null) throw new TocsinError('no_receiver', 'This engine has no receiver.')
      if (address !== null) readAddress(address)
      const state = await receiver.retry(address)
      if (state.state === 'listening' && address !== null) {
        await store.writer.commit('setting', (tx) => store.settings.set(tx, { 'receiver.address': address }, ANALYST))
      }
      bus.changed(['settings', 'state'])
      return state
    },
  }
}

async function change({ store, mode, applySettings, bus }: DeskContext, changes: Partial<Settings>): Promise<void> {
  const { 'response.mode': wantedMode, ...rest } = changes
  if (wantedMode !== undefined && wantedMode !== mode.current()) {
    throw new TocsinError('invalid_setting', 'The response mode has a switch of its own: use it.')
  }
  if (rest['scripts.trusted'] !== undefined) throw invalid('A script is trusted where it is shown: Settings, Scripts.')
  for (const check of CHECKS) check(rest)
  if (rest['read.tokenSha256'] !== undefined) store.revoked.add(store.settings.get('read.tokenSha256'))
  await store.writer.commit('setting', (tx) => store.settings.set(tx, rest, ANALYST))
  await applySettings()
  bus.changed(['settings', 'state'])
}

/** What a setting must be beyond its type. Each throws a TocsinError that says so. */
const CHECKS: ((changes: Partial<Settings>) => void)[] = [
  ({ 'receiver.address': address }) => void (address === undefined || readAddress(address)),
  ({ 'sns.topics': topics }) => {
    const wrong = topics?.find((topic) => !isTopicArn(topic))
    if (wrong !== undefined) throw invalid(`An SNS topic is given by its ARN (arn:aws:sns:…): not "${wrong}".`)
  },
  ({ 'net.allow': entries }) => void new NetAllow(entries ?? []),
  ({ 'env.process': entries }) => void parseEnvList(entries ?? []),
  ({ 'env.variables': variables }) => {
    const wrong = Object.keys(variables ?? {}).find((name) => !SECRET_NAME.test(name))
    if (wrong !== undefined) throw invalid(`A variable is named with letters, digits and _: not "${wrong}".`)
  },
  ({ 'contain.protected': entries }) => {
    const fault = entries?.map(faultOfEntry).find((one) => one !== '')
    if (fault !== undefined) throw invalid(fault)
  },
  ({ 'quarantine.roots': roots }) => {
    const relative = roots?.find((root) => !isAbsolute(root))
    if (relative !== undefined) throw invalid(`A folder is given in full, from the root: not "${relative}".`)
  },
  ({ 'net.proxy': proxy }) => {
    if (proxy) httpUrl(proxy, 'The proxy')
  },
  ({ 'service.urls': urls }) => {
    for (const [name, url] of Object.entries(urls ?? {})) serviceUrl(name, url)
  },
  ({ 'net.caFile': path }) => {
    if (!path) return
    try {
      accessSync(path, constants.R_OK)
    } catch (error) {
      throw invalid(`The CA file cannot be read: ${errorMessage(error)}`)
    }
  },
]

function httpUrl(text: string, what: string): void {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw invalid(`${what} is an http(s) address, not "${text}".`)
}

function serviceUrl(name: string, url: string): void {
  try {
    checkServiceUrl(name, url)
  } catch (error) {
    throw invalid(errorMessage(error))
  }
}

function invalid(message: string): TocsinError {
  return new TocsinError('invalid_setting', message)
}
