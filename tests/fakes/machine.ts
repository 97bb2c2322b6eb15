import type { Machine } from '../../electron/engine/limits/own-machine.ts'

/** A computer in a network of its own, so that what is protected does not depend on where tests run. */
export const TEST_MACHINE: Machine = {
  hostname: 'soc-desk',
  user: 'ana',
  interfaces: [
    { name: 'eth0', address: '10.77.3.9', cidr: '10.77.3.9/24' },
    { name: 'eth0', address: 'fd77::9', cidr: 'fd77::9/64' },
  ],
  nameServers: ['10.88.0.53'],
  resolvConf: 'nameserver 10.88.0.53\nnameserver 10.88.0.54\nsearch corp.example.com\n',
  hosts: '127.0.0.1 localhost\n10.77.3.9 desk.secure.example.com soc-desk # this desk\n',
  routes: [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t01034D0A\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t00034D0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  ].join('\n'),
  routes6:
    '00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd770000000000000000000000000001 00000400 00000001 00000000 00000003 eth0\n',
}
