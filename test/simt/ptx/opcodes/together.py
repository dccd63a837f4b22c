# SPDX-License-Identifier: MIT
"""Rows in which memory or several threads take part. A block is one or two warps of 32 threads."""

from fractions import Fraction

from ieee import F32
from rows import bits_of, block, mask, scalar, signed

LANES = 32
VALUES = [(0x9e3779b9 * (i + 1) & 0xffffffff,) for i in range(LANES)]


def memory():
    """Through shared and local memory and back: widths, extension, vectors, addresses."""
    for kind in ('u8', 's8', 'u16', 's16'):
        def extended(a, kind=kind):
            bits = int(kind[1:])
            return signed(a, bits) if kind[0] == 's' else a & (2 ** bits - 1)
        for space in ('shared', 'local', 'global'):
            address = {'shared': '%s', 'local': '%l', 'global': '%g'}[space]
            scalar(f'st/ld.{space}.{kind}', 'b32', 'b32', extended,
                   f'st.{space}.{kind.replace("s", "u")} [{address}], %i0; '
                   f'ld.{space}.{kind} %o0, [{address}];',
                   [(x,) for x in (0, 1, 127, 128, 255, 32767, 32768, 65535, 0x12345678)])
    for space, address in (('shared', '%s'), ('local', '%l'), ('global', '%g')):
        scalar(f'st/ld.{space}.v4.f32', 'f32 f32 f32 f32', 'f32 f32 f32 f32',
               lambda a, b, c, d: (d, c, b, a),
               f'st.{space}.v4.f32 [{address}], {{%i0, %i1, %i2, %i3}}; '
               f'ld.{space}.v4.f32 {{%o3, %o2, %o1, %o0}}, [{address}];',
               [(1, 2, 3, 4), (0x7fc00001, 0xffffffff, 0x80000000, 0)])
        scalar(f'st/ld.{space}.v2.b64', 'b64 b64', 'b64 b64', lambda a, b: (b, a),
               f'st.{space}.v2.b64 [{address}], {{%i0, %i1}}; '
               f'ld.{space}.v2.b64 {{%o1, %o0}}, [{address}];', [(1, 2 ** 64 - 1), (2 ** 63, 0)])
        scalar(f'st.{space}.v4.u8, ld.u32', 'b32 b32 b32 b32', 'b32',
               lambda a, b, c, d: (d & 255) << 24 | (c & 255) << 16 | (b & 255) << 8 | a & 255,
               f'st.{space}.v4.u8 [{address}+4], {{%i0, %i1, %i2, %i3}}; ld.{space}.u32 %o0, [{address}+4];',
               [(1, 2, 3, 4), (0x1ff, 0x80, 0x7f, 0xffffffff)])
        # The same bytes by a generic address, as different widths.
        convert = '' if space == 'global' else f'cvta.{space}.u64 %q0, %q0;'
        load = f'cvt.u64.u32 %q0, {address};' if space == 'shared' else f'mov.u64 %q0, {address};'
        scalar(f'cvta.{space}', 'b64', 'b32 b32 b16', lambda a: (a >> 32, a & 0xffffffff, a >> 48),
               f'st.{space}.b64 [{address}], %i0; {load} {convert} ld.b32 %o0, [%q0+4]; '
               f'ld.b32 %o1, [%q0]; ld.u16 %o2, [%q0+6];', [(0x0123456789abcdef,), (2 ** 64 - 2,)],
               '.reg .b64 %q0;')
    # Through an address of the cluster, of one block here, in its own memory.
    scalar('mapa, st.shared::cluster', 'f32 f32 f32 f32', 'f32 f32 f32 f32 u32',
           lambda a, b, c, d: (d, c, b, a, 1),
           'mov.u32 %q0, %cluster_ctarank; mapa.shared::cluster.u32 %q1, %s, %q0; '
           'st.shared::cluster.v4.f32 [%q1], {%i0, %i1, %i2, %i3}; '
           'barrier.cluster.arrive.release.aligned; barrier.cluster.wait.acquire.aligned; '
           'ld.shared.v4.f32 {%o3, %o2, %o1, %o0}, [%s]; mov.u32 %o4, %cluster_nctarank;',
           [(1, 2, 3, 4), (0x7fc00001, 0xffffffff, 0x80000000, 0)], '.reg .b32 %q<2>;')
    scalar('st.shared::cluster.f64', 'f64', 'f64', lambda a: a,
           'mapa.shared::cluster.u32 %q0, %s, 0; st.shared::cluster.f64 [%q0+8], %i0; '
           'barrier.cluster.arrive; barrier.cluster.wait; ld.shared.f64 %o0, [%s+8];',
           [(1,), (2 ** 63,)], '.reg .b32 %q0;')
    scalar('ld.const', 'u32', 'u32', lambda a: [3, 1, 4, 1, 5, 9, 2, 6][a],
           'mul.wide.u32 %q0, %i0, 4; mov.u64 %q1, digits; add.u64 %q0, %q0, %q1; '
           'ld.const.u32 %o0, [%q0];', [(i,) for i in range(8)], '.reg .b64 %q<2>;')
    scalar('ld.global of a table', 'u32', 'u16', lambda a: [0xffff, 0, 7, 32768][a],
           'mul.wide.u32 %q0, %i0, 2; mov.u64 %q1, words; add.u64 %q0, %q0, %q1; '
           'ld.global.nc.u16 %o0, [%q0];', [(i,) for i in range(4)], '.reg .b64 %q<2>;')
    # A negative displacement, a base that is a number more, a cache hint.
    scalar('ld [a-4], [a+4]', 'b32 b32', 'b32 b32', lambda a, b: (b, a),
           'st.shared.b32 [%s], %i0; st.shared.b32 [%s+4], %i1; add.u32 %q0, %s, 8; '
           'ld.shared.b32 %o0, [%q0+-4]; ld.shared.b32 %o1, [%q0+-8];', [(5, 6)], '.reg .b32 %q<2>;')
    scalar('ld.volatile, st.relaxed, st.release, ld.acquire', 'b32 b64', 'b32 b64', lambda a, b: (a, b),
           'st.relaxed.gpu.global.b32 [%g], %i0; st.release.gpu.global.b64 [%g+8], %i1; '
           'ld.volatile.global.b32 %o0, [%g]; ld.acquire.gpu.global.b64 %o1, [%g+8];', [(7, 2 ** 60)])
    scalar('ld.global hints', 'b32', 'b32', lambda a: a,
           'st.global.wb.b32 [%g], %i0; membar.gl; fence.acq_rel.gpu; '
           'ld.global.L1::evict_last.L2::128B.b32 %o0, [%g];', [(7,)])


def copy_async():
    for size in (4, 8, 16):
        scalar(f'cp.async {size}', 'b64 b64', 'b64 b64',
               lambda a, b, n=size: (a if n > 4 else 0xffffffff << 32 | a & 0xffffffff,
                                     b if n == 16 else 2 ** 64 - 1),
               'st.global.v2.b64 [%g], {%i0, %i1}; mov.b64 %q0, -1; st.shared.v2.b64 [%s], {%q0, %q0}; '
               f'cp.async.ca.shared.global [%s], [%g], {size}; cp.async.commit_group; '
               'cp.async.wait_group 0; ld.shared.v2.b64 {%o0, %o1}, [%s];',
               [(0x0123456789abcdef, 0x1122334455667788)], '.reg .b64 %q0;')
    # An early read sees poison (all ones), a later group is left in flight until its own wait.
    scalar('cp.async early', 'b32 b32', 'b32 b32 b32 b32', lambda a, b: (2 ** 32 - 1, a, 2 ** 32 - 1, b),
           'st.global.v2.b32 [%g], {%i0, %i1}; mov.b64 %q0, 0; st.shared.b64 [%s], %q0; '
           'cp.async.ca.shared.global [%s], [%g], 4; cp.async.commit_group; '
           'cp.async.ca.shared.global [%s+4], [%g+4], 4; ld.shared.b32 %o0, [%s]; '
           'cp.async.commit_group; cp.async.wait_group 1; ld.shared.v2.b32 {%o1, %o2}, [%s]; '
           'cp.async.wait_all; ld.shared.b32 %o3, [%s+4];', [(11, 12)], '.reg .b64 %q0;')


def atomics():
    operations = {'add': lambda o, v: o + v, 'min': min, 'max': max, 'and': lambda o, v: o & v,
                  'or': lambda o, v: o | v, 'xor': lambda o, v: o ^ v, 'exch': lambda o, v: v,
                  'inc': lambda o, v: 0 if o >= v else o + 1,
                  'dec': lambda o, v: v if o == 0 or o > v else o - 1}
    types = {'add': ('u32', 's32', 'u64'), 'min': ('u32', 's32', 'u64', 's64'),
             'max': ('u32', 's32', 'u64', 's64'), 'inc': ('u32',), 'dec': ('u32',)}
    for op, f in operations.items():
        for kind in types.get(op, ('b32', 'b64')):
            bits = bits_of(kind)
            edges = [(a, b) for a in (0, 1, 2 ** bits - 1, 2 ** (bits - 1), 5)
                     for b in (0, 1, 2 ** bits - 1, 2 ** (bits - 1), 5)]

            def after(old, value, f=f, kind=kind, bits=bits):
                if kind[0] == 's':
                    old, value = signed(old, bits), signed(value, bits)
                return f(old, value)
            for space, address in (('global', '%g'), ('shared', '%s')):
                scalar(f'atom.{space}.{op}.{kind}', f'{kind} {kind}', f'{kind} {kind}',
                       lambda a, b, g=after: (a, g(a, b)),
                       f'st.{space}.b{bits} [{address}], %i0; '
                       f'atom.{space}.{op}.{kind} %o0, [{address}], %i1; '
                       f'ld.{space}.b{bits} %o1, [{address}];', edges)
                if op != 'exch':
                    scalar(f'red.{space}.{op}.{kind}', f'{kind} {kind}', kind, after,
                           f'st.{space}.b{bits} [{address}], %i0; '
                           f'red.relaxed.gpu.{space}.{op}.{kind} [{address}], %i1; '
                           f'ld.{space}.b{bits} %o0, [{address}];', edges)
    for kind in ('b32', 'b64'):
        scalar(f'atom.cas.{kind}', f'{kind} {kind} {kind}', f'{kind} {kind}',
               lambda a, b, c: (a, c if a == b else a),
               f'st.global.{kind} [%g], %i0; atom.acq_rel.gpu.global.cas.{kind} %o0, [%g], %i1, %i2; '
               f'ld.global.{kind} %o1, [%g];', [(1, 1, 9), (1, 2, 9), (2 ** 32 - 1, 2 ** 32 - 1, 0)])
    # All threads on one word: the sum, and every old value seen once.
    block('atom.shared.add by a block', 'setp.eq.u32 %p0, %t, 0; @%p0 st.shared.u32 [sum], 0; '
          'bar.sync 0; atom.acq_rel.cta.shared.add.u32 %q0, [sum], 1; bar.sync 0; '
          'ld.shared.u32 %o0, [sum]; setp.lt.u32 %p0, %q0, 64; selp.u32 %o1, 1, 0, %p0;', 'u32',
          'u32 u32', VALUES * 2, lambda threads: [(64, 1)] * 64, '.reg .pred %p0; .reg .b32 %q0;')


def collectives():
    full = 0xffffffff
    index = [(i,) for i in range(LANES)]

    def shuffled(source):
        """source(lane) -> (lane to read, in range)"""
        return lambda threads: [(threads[s if ok else i][0], int(ok)) for i in range(LANES)
                                for s, ok in [source(i)]]
    for delta in (1, 5, 16, 31):
        for width in (32, 8):
            c_up, c_down = (32 - width) << 8, (32 - width) << 8 | 31
            first = lambda i, w=width: i - i % w
            rows = (('up', c_up, lambda i, f=first, d=delta: (i - d, i - d >= f(i))),
                    ('down', c_down, lambda i, f=first, d=delta, w=width: (i + d, i + d < f(i) + w)),
                    ('bfly', c_down, lambda i, f=first, d=delta, w=width: (i ^ d, i ^ d < f(i) + w)),
                    ('idx', c_down, lambda i, f=first, d=delta, w=width: (f(i) + d % w, True)))
            for mode, c, source in rows:
                # bfly reads backwards across the segment's start, as __shfl_xor_sync documents.
                block(f'shfl.sync.{mode} by {delta}, width {width}',
                      f'shfl.sync.{mode}.b32 %o0|%o1, %i0, {delta}, {c:#x}, -1;', 'b32', 'b32 pred',
                      VALUES, shuffled(source))
    block('shfl.sync.idx by lane', 'shfl.sync.idx.b32 %o0, %i0, %i1, 31, -1;', 'b32 b32', 'b32',
          [(v, (7 * i + 3) % 32) for i, (v,) in enumerate(VALUES)],
          lambda threads: [(threads[s][0],) for _, s in threads])
    block('shfl.sync half a warp', 'setp.lt.u32 %p0, %t, 16; mov.b32 %o0, 0; '
          '@%p0 shfl.sync.bfly.b32 %o0, %i0, 3, 31, 0xffff;', 'b32', 'b32', VALUES,
          lambda threads: [(threads[i ^ 3][0] if i < 16 else 0,) for i in range(LANES)],
          '.reg .pred %p0;')
    predicates = [(int(i % 3 == 0),) for i in range(LANES)]
    ballot = sum(p << i for i, (p,) in enumerate(predicates))
    for name, threads in (('mixed', predicates), ('all', [(1,)] * LANES), ('none', [(0,)] * LANES)):
        count = sum(p for p, in threads)
        for mode, holds in (('all', count == 32), ('any', count > 0), ('uni', count in (0, 32))):
            block(f'vote.sync.{mode} {name}', f'vote.sync.{mode}.pred %o0, %i0, {full:#x};', 'pred',
                  'pred', threads, lambda t, h=holds: [(int(h),)] * LANES)
    block('vote.sync.ballot', 'vote.sync.ballot.b32 %o0, %i0, -1;', 'pred', 'b32', predicates,
          lambda t: [(ballot,)] * LANES)
    few = [(v % 3,) for v, in VALUES]
    block('match.any.sync.b32', 'match.any.sync.b32 %o0, %i0, -1;', 'b32', 'b32', few,
          lambda t: [(sum((t[k] == t[i]) << k for k in range(LANES)),) for i in range(LANES)])
    for kind in ('u32', 's32'):
        for op, f in (('add', sum), ('min', min), ('max', max)):
            block(f'redux.sync.{op}.{kind}', f'redux.sync.{op}.{kind} %o0, %i0, -1;', kind, kind, VALUES,
                  lambda t, f=f, s=kind == 's32':
                  [(f(signed(v, 32) if s else v for v, in t),)] * LANES)
    for op in ('and', 'or', 'xor'):
        def all_lanes(t, op=op):
            total = t[0][0]
            for v, in t[1:]:
                total = {'and': total & v, 'or': total | v, 'xor': total ^ v}[op]
            return [(total,)] * LANES
        block(f'redux.sync.{op}.b32', f'redux.sync.{op}.b32 %o0, %i0, -1;', 'b32', 'b32', VALUES,
              all_lanes)
    block('bar.warp.sync', 'mul.lo.u32 %q0, %t, 4; add.u32 %q0, %q0, %x; '
          'st.shared.b32 [%q0], %i0; bar.warp.sync -1; xor.b32 %q0, %t, 31; mul.lo.u32 %q0, %q0, 4; '
          'add.u32 %q0, %q0, %x; ld.shared.b32 %o0, [%q0];', 'b32', 'b32', VALUES,
          lambda t: t[::-1], '.reg .b32 %q0;')
    block('bar.sync', 'mul.lo.u32 %q0, %t, 4; add.u32 %q0, %q0, %x; st.shared.b32 [%q0], %i0; '
          'barrier.sync.aligned 0; sub.u32 %q0, 63, %t; mul.lo.u32 %q0, %q0, 4; '
          'add.u32 %q0, %q0, %x; ld.shared.b32 %o0, [%q0];', 'b32', 'b32',
          VALUES + [(v ^ 1,) for v, in VALUES], lambda t: t[::-1], '.reg .b32 %q0;')
    for name, threads in (('mixed', predicates * 2), ('all', [(1,)] * 64), ('none', [(0,)] * 64)):
        count = sum(p for p, in threads)
        block(f'bar.red {name}', 'bar.red.popc.u32 %o0, 0, %i0; bar.red.and.pred %o1, 0, %i0; '
              'barrier.red.or.pred %o2, 0, !%i0;', 'pred', 'u32 pred pred', threads,
              lambda t, n=count: [(n, int(n == 64), int(n < 64))] * 64)


def special_registers():
    block('%tid, %laneid, %lanemask', 'mov.u32 %o0, %tid.x; mov.u32 %o1, %laneid; '
          'mov.u32 %o2, %lanemask_lt; mov.u32 %o3, %lanemask_ge;', 'u32', 'u32 u32 u32 u32', VALUES * 2,
          lambda t: [(i, i % 32, 2 ** (i % 32) - 1, 2 ** 32 - 2 ** (i % 32)) for i in range(64)])
    block('%lanemask', 'mov.u32 %o0, %lanemask_eq; mov.u32 %o1, %lanemask_le; '
          'mov.u32 %o2, %lanemask_gt;', 'u32', 'u32 u32 u32', VALUES,
          lambda t: [(2 ** i, 2 ** (i + 1) - 1, 2 ** 32 - 2 ** (i + 1)) for i in range(32)])
    block('%ntid, %ctaid, %nctaid', 'mov.u32 %o0, %ntid.x; mov.u32 %o1, %ntid.y; '
          'mov.u32 %o2, %ctaid.x; mov.u32 %o3, %nctaid.x;', 'u32', 'u32 u32 u32 u32', VALUES,
          lambda t: [(32, 1, 0, 1)] * 32)


def control_flow():
    scalar('bra, a loop', 'u32', 'u32', lambda a: a * (a + 1) // 2,
           'mov.u32 %o0, 0; mov.u32 %q0, %i0; again: setp.eq.u32 %p0, %q0, 0; @%p0 bra done; '
           'add.u32 %o0, %o0, %q0; sub.u32 %q0, %q0, 1; bra.uni again; done: mov.u32 %q0, 1;',
           [(0,), (1,), (10,), (255,)], '.reg .pred %p0; .reg .b32 %q0;')
    scalar('brx.idx', 'u32', 'u32', lambda a: [50, 60, 70][a],
           'targets: .branchtargets first, second, third; brx.idx %i0, targets; '
           'first: mov.u32 %o0, 50; bra done; second: mov.u32 %o0, 60; bra done; '
           'third: mov.u32 %o0, 70; done: mov.u32 %q0, 1;', [(0,), (1,), (2,)], '.reg .b32 %q0;')
    scalar('a scope of its own', 'u32', 'u32', lambda a: a + 3,
           'mov.u32 %o0, %i0; { .reg .u32 t; mov.u32 t, 1; add.u32 %o0, %o0, t; } '
           '{ .reg .u32 t; mov.u32 t, 2; add.u32 %o0, %o0, t; }', [(0,), (2 ** 32 - 2,)])
    scalar('call', 'u32 u32', 'u32', lambda a, b: (a - b) * 2 + b,
           '{ .param .b32 pa; st.param.b32 [pa], %i0; .param .align 8 .b8 pb[16]; '
           'st.param.b32 [pb+8], %i1; .param .b32 result; call.uni (result), twice_difference, (pa, pb); '
           'ld.param.b32 %o0, [result]; } add.u32 %o0, %o0, %i1;', [(9, 4), (0, 1), (2 ** 32 - 1, 7)])
    scalar('ret in the middle', 'u32', 'u32', lambda a: 1 if a == 0 else 2,
           'mov.u32 %o0, 2; setp.ne.u32 %p0, %i0, 0; @%p0 bra far; mov.u32 %o0, 1; far: mov.u32 %q0, 0;',
           [(0,), (1,)], '.reg .pred %p0; .reg .b32 %q0;')


def tensor():
    """One mma with every element of A, B and C different and small: products and sums are exact."""
    rows, columns, depth = 16, 8, 8

    def tf32(value):
        return F32.from_integer(value)

    def element_a(i, k):
        return 1 + (5 * i + 3 * k) % 37

    def element_b(k, j):
        return -20 + (7 * k + 11 * j) % 41

    def element_c(i, j):
        return 100 * i + j
    threads = []
    for lane in range(LANES):
        group, member = divmod(lane, 4)
        # PTX ISA 9.1, 9.7.14.5.7, as the manual states it and not as kernels/mma_tf32_layout.hpp does:
        # A: row groupID for a0 and a2, + 8 for a1 and a3; column threadID_in_group for a0 and a1, + 4 for a2
        # and a3. B: row threadID_in_group, + 4 for b1; column groupID. C: row groupID, + 8 for c2 and c3;
        # column 2 threadID_in_group + (i & 1).
        a = [(group, member), (group + 8, member), (group, member + 4), (group + 8, member + 4)]
        b = [(member, group), (member + 4, group)]
        c = [(group, 2 * member), (group, 2 * member + 1), (group + 8, 2 * member),
             (group + 8, 2 * member + 1)]
        threads.append(tuple([tf32(element_a(*x)) | 0x1fff * (lane % 2) for x in a] +  # low bits: ignored
                             [tf32(element_b(*x)) for x in b] + [tf32(element_c(*x)) for x in c]))

    def expect(_):
        result = []
        for lane in range(LANES):
            group, member = divmod(lane, 4)
            out = []
            for r in range(4):
                i, j = group + 8 * (r // 2), 2 * member + r % 2
                total = element_c(i, j) + sum(element_a(i, k) * element_b(k, j) for k in range(depth))
                out.append(F32.encode(int(total < 0), Fraction(abs(total))))
            result.append(tuple(out))
        return result
    assert rows * depth == 4 * LANES and columns * depth == 2 * LANES
    block('mma.sync.m16n8k8 tf32',
          'mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%o0, %o1, %o2, %o3}, '
          '{%i0, %i1, %i2, %i3}, {%i4, %i5}, {%i6, %i7, %i8, %i9};',
          'b32 b32 b32 b32 b32 b32 f32 f32 f32 f32', 'f32 f32 f32 f32', threads, expect)


def all_rows():
    memory()
    copy_async()
    atomics()
    collectives()
    special_registers()
    control_flow()
    tensor()
