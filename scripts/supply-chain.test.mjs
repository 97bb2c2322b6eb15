import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './lib/project.mjs'

/** Electron's newest major and when that was looked up (https://www.electronjs.org/docs/latest/tutorial/electron-timelines). */
const NEWEST_ELECTRON = { major: 45, on: '2026-11-22' }

const readJson = (file) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))

describe('supply chain', () => {
  const manifest = readJson('package.json')
  const { packages } = readJson('package-lock.json')
  const installed = Object.entries(packages).filter(([path]) => path !== '')

  it('[S28] locks every package without naming a registry', () => {
    const withAddress = installed.filter(([, entry]) => entry.resolved !== undefined)
    const unlocked = installed.filter(([, { version, integrity, optional }]) => !version || (!integrity && !optional))
    expect([withAddress, unlocked]).toEqual([[], []])
  })

  it('[S28] locks every optional package that an installed one names, so that npm ci works everywhere', () => {
    const names = new Set(installed.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13)))
    const missing = installed.flatMap(([, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter((name) => !names.has(name)),
    )
    expect(missing).toEqual([])
  })

  it('[S28] runs no install script', () => {
    expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m)
    expect(Object.values(manifest.allowScripts)).toEqual(Object.values(manifest.allowScripts).map(() => false))
  })

  it('[S28] ships what it names by exact version', () => {
    for (const version of Object.values(manifest.dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it('[S1] uses one of the three newest majors of Electron (item 16)', () => {
    const major = Number(manifest.devDependencies.electron.split('.')[0])
    expect(major, `as of ${NEWEST_ELECTRON.on}`).toBeGreaterThanOrEqual(NEWEST_ELECTRON.major - 2)
  })
})
