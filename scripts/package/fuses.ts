import { FuseState, FuseV1Options, FuseVersion, type FuseConfig } from '@electron/fuses'

type FuseName = keyof typeof FuseV1Options

/**
 * What the packaged binary may do, switched in the binary itself. Every fuse that `@electron/fuses` knows must be named:
 * a new one is a compile error here, and a fuse in a newer Electron that this does not name fails the packaging.
 * Reasons: Electron's docs/tutorial/fuses.md and checklist item 19.
 */
export const fuses = {
  // The app's binary is not a general Node for whoever finds it.
  RunAsNode: false,
  EnableCookieEncryption: true,
  // NODE_OPTIONS and NODE_EXTRA_CA_CERTS of the session do not reach into the app.
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: false,
  EnableEmbeddedAsarIntegrityValidation: true,
  OnlyLoadAppFromAsar: true,
  LoadBrowserProcessSpecificV8Snapshot: false,
  // The screen is served from app://, so file:// needs no privileges.
  GrantFileProtocolExtraPrivileges: false,
  // Bounds checks of compiled policies by the processor instead of by code.
  WasmTrapHandlers: true,
} as const satisfies Record<FuseName, boolean>

/** The same for `flipFuses`, which is told to refuse a binary that has a fuse not named here. */
export const fuseConfig: FuseConfig = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: true,
  [FuseV1Options.RunAsNode]: fuses.RunAsNode,
  [FuseV1Options.EnableCookieEncryption]: fuses.EnableCookieEncryption,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: fuses.EnableNodeOptionsEnvironmentVariable,
  [FuseV1Options.EnableNodeCliInspectArguments]: fuses.EnableNodeCliInspectArguments,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: fuses.EnableEmbeddedAsarIntegrityValidation,
  [FuseV1Options.OnlyLoadAppFromAsar]: fuses.OnlyLoadAppFromAsar,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: fuses.LoadBrowserProcessSpecificV8Snapshot,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: fuses.GrantFileProtocolExtraPrivileges,
  [FuseV1Options.WasmTrapHandlers]: fuses.WasmTrapHandlers,
}

/**
 * Compares the fuses read from a binary with those wanted.
 * @param wire what `getCurrentFuseWire` read: fuse index → state
 * @returns one sentence per difference, unknown fuses included; empty when all are as wanted
 */
export function fuseDifferences(wire: Readonly<Record<string, unknown>>): string[] {
  const wanted = Object.entries(fuses).map(([name, isOn]) => ({ name, index: indexOf(name), isOn }))
  const wrong = wanted.flatMap(({ name, index, isOn }) => {
    const state = wire[index]
    return state === (isOn ? FuseState.ENABLE : FuseState.DISABLE)
      ? []
      : [`${name} should be ${isOn ? 'on' : 'off'} but is ${describe(state)}`]
  })
  const known = new Set(wanted.map(({ index }) => String(index)))
  const unknown = Object.keys(wire).filter((key) => /^\d+$/.test(key) && !known.has(key))
  return [...wrong, ...unknown.map((key) => `Fuse ${key} is not known: decide about it in scripts/package/fuses.ts`)]
}

function indexOf(name: string): number {
  // `fuses` satisfies Record<FuseName, boolean>: its keys are the enum's.
  return FuseV1Options[name as FuseName]
}

function describe(state: unknown): string {
  if (state === FuseState.ENABLE) return 'on'
  if (state === FuseState.DISABLE) return 'off'
  return state === undefined ? 'missing' : `in state ${JSON.stringify(state)}`
}
