import { flipFuses } from '@electron/fuses'
import type { AfterPackContext, Configuration } from 'electron-builder'
import { join } from 'node:path'
import { fuseConfig } from './fuses.ts'

const EXECUTABLE_NAME = 'tocsin'

/** What goes into the package: the bundle, the starter policies, the template and better-sqlite3's one binary of the platform. */
const files = [
  'out/**',
  '!out/.sources',
  'policies/**',
  'template/**',
  'package.json',
  'LICENSE',
  'THIRD-PARTY-LICENCES.txt',
  '!**/*.map',
  '!node_modules/better-sqlite3/{deps,src,docs,binding.gyp}',
  '!node_modules/better-sqlite3/prebuilds/*',
  'node_modules/better-sqlite3/prebuilds/${platform}-${arch}.node',
  // The project's own Node (Electron brings one) and headers for compiling add-ons.
  '!node_modules/node-*/**',
]

/** electron-builder's configuration. Installers are built where Electron's binary can be had. */
export const packageConfig: Configuration = {
  appId: 'io.github.tocsin.desk',
  productName: 'Tocsin',
  copyright: 'Licensed under Apache-2.0',
  directories: { output: 'dist' },
  files,
  asar: true,
  // A native module and the tool chain's compressed WebAssembly: the first must be a file to be loaded.
  asarUnpack: ['**/*.node'],
  // better-sqlite3 13 is Node-API: one binary serves Node and Electron, nothing is rebuilt.
  npmRebuild: false,
  // No update channel: nothing is fetched behind the analyst's back.
  publish: null,
  afterPack: setFuses,
  linux: {
    // deb and not AppImage: Chromium's sandbox needs a set-uid helper or an AppArmor profile, which only a package brings.
    target: ['deb'],
    executableName: EXECUTABLE_NAME,
    category: 'System;Security',
    maintainer: 'Tocsin',
    synopsis: 'Security desk for one analyst',
  },
  mac: { target: ['dmg'], category: 'public.app-category.utilities', hardenedRuntime: true },
  win: { target: ['nsis'] },
  nsis: { oneClick: false, perMachine: false, deleteAppDataOnUninstall: false },
}

/** Switches the fuses in the packed binary, before it is signed. */
async function setFuses(context: AfterPackContext): Promise<void> {
  await flipFuses(executableOf(context), fuseConfig)
}

/** @returns path of the packed app's executable */
export function executableOf(
  context: Pick<AfterPackContext, 'appOutDir' | 'electronPlatformName' | 'packager'>,
): string {
  const { productFilename } = context.packager.appInfo
  switch (context.electronPlatformName) {
    case 'darwin':
    case 'mas':
      return join(context.appOutDir, `${productFilename}.app`, 'Contents', 'MacOS', productFilename)
    case 'win32':
      return join(context.appOutDir, `${productFilename}.exe`)
    default:
      return join(context.appOutDir, EXECUTABLE_NAME)
  }
}
