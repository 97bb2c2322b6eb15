import { FuseState, FuseV1Options } from '@electron/fuses'
import { describe, expect, it } from 'vitest'
import { fuseConfig, fuseDifferences, fuses } from './fuses.ts'

function wireAsWanted(): Record<string, unknown> {
  const wire: Record<string, unknown> = { version: '1' }
  for (const [name, isOn] of Object.entries(fuses)) {
    wire[FuseV1Options[name as keyof typeof FuseV1Options]] = isOn ? FuseState.ENABLE : FuseState.DISABLE
  }
  return wire
}

describe('fuses', () => {
  it('[S9] names every fuse, and refuses a binary that has another', () => {
    const known = Object.keys(FuseV1Options).filter((key) => !/^\d+$/.test(key))
    expect(Object.keys(fuses).toSorted()).toEqual(known.toSorted())
    expect(fuseConfig.strictlyRequireAllFuses).toBe(true)
    for (const [name, isOn] of Object.entries(fuses)) {
      expect([name, fuseConfig[FuseV1Options[name as keyof typeof FuseV1Options]]]).toEqual([name, isOn])
    }
  })

  it('[S9] has Node and the inspector off, the archive checked', () => {
    expect(fuses).toMatchObject({
      RunAsNode: false,
      EnableNodeOptionsEnvironmentVariable: false,
      EnableNodeCliInspectArguments: false,
      EnableEmbeddedAsarIntegrityValidation: true,
      OnlyLoadAppFromAsar: true,
      GrantFileProtocolExtraPrivileges: false,
    })
  })

  it('[S9] compares a binary with them', () => {
    expect(fuseDifferences(wireAsWanted())).toEqual([])
    expect(fuseDifferences({ ...wireAsWanted(), [FuseV1Options.RunAsNode]: FuseState.ENABLE })).toEqual([
      'RunAsNode should be off but is on',
    ])
    const { [FuseV1Options.WasmTrapHandlers]: _gone, ...short } = wireAsWanted()
    expect(fuseDifferences(short)).toEqual(['WasmTrapHandlers should be on but is missing'])
    expect(fuseDifferences({ ...wireAsWanted(), 99: FuseState.DISABLE })).toEqual([
      'Fuse 99 is not known: decide about it in scripts/package/fuses.ts',
    ])
  })
})
