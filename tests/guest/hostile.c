/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VTL0 tries all it can to read, change or stop VTL2, or the host's process: see hostile.h. Each
 * attack must come to nothing.
 */
#include "tests/guest/hostile.h"

#define CRASH_P3 0x00000213u /* where the message is; P4 its size */
#define CRASH_CONTROL 0x00000215u
#define CRASH_NOTIFY_WITH_MESSAGE (3ul << 62)

uint8_t hostile_border[3 * PAGE] __attribute__((aligned(4096)));
uint8_t hostile_data[PAGE] __attribute__((aligned(4096)));
uint8_t hostile_code[PAGE] __attribute__((aligned(4096)));

struct exception attack_end[GUEST_MAX_VPS];

static uint64_t sctlr_off;

/* --- Helpers: the other VPs ---------------------------------------------------------------- */

static volatile uint64_t helper_stopped[GUEST_MAX_VPS], helpers_stop;
static void (*helper_body[GUEST_MAX_VPS])(void);

bool helper_goes_on(void)
{
    return !helpers_stop;
}

/* Whatever happens to it, it tries again. */
static void help(uint64_t vp)
{
    struct exception seen;

    vault_address(VAULT_SECRET); /* VTL2 learns where this VP's vectors are */
    while (!helpers_stop)
        exception_expect((void (*)(void *))helper_body[vp], NULL, &seen);
    hostile_mmu_off();
    signal_value(&helper_stopped[vp], 1);
    vp_stop();
}

void helper_start(unsigned vp, void (*body)(void))
{
    helpers_stop = 0;
    helper_stopped[vp] = 0;
    helper_body[vp] = body;
    while (psci(PSCI_AFFINITY_INFO, vp, 0, 0) != PSCI_OFF)
        continue;
    check(vp_start(vp, help, vp) == PSCI_SUCCESS, "VP%u helps", vp);
}

bool helper_stop(void)
{
    uint64_t until = counter() + 20 * counter_hz();

    signal_value(&helpers_stop, 1);
    for (unsigned vp = 1; vp < 3; vp++)
        while (helper_body[vp] && !helper_stopped[vp])
            if (counter() > until)
                return false;
    helper_body[1] = helper_body[2] = NULL;
    return true;
}

/* --- One attack ---------------------------------------------------------------------------- */

void hostile_mmu_off(void)
{
    sysreg_write(sctlr_el1, sctlr_off);
    __asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" : : : "memory");
}

static bool verdicts[GUEST_MAX_VPS];

static void run(void *attack)
{
    verdicts[guest_vp()] = ((const struct attack *)attack)->run();
}

static void attack_one(const struct attack *attack)
{
    unsigned vp = guest_vp(), wrong;

    verdicts[vp] = true;
    attack_end[vp] = (struct exception){0};
    exception_expect(run, (void *)attack, &attack_end[vp]);
    wrong = vault_check();
    report(verdicts[vp] && !wrong, "%s%s%s%s%s%s%s", attack->name,
           wrong & WRONG_VAULT ? ": THE VAULT HAS CHANGED" : "",
           wrong & WRONG_BORDER ? ": A PROTECTED PAGE HAS CHANGED" : "",
           wrong & WRONG_REGISTERS ? ": VTL2 HAS OTHER REGISTERS" : "",
           wrong & WRONG_SYNTHETIC ? ": VTL2 HAS OTHER SYNTHETIC REGISTERS" : "",
           wrong & WRONG_LEAK ? ": VTL0 HAS THE SECRET" : "",
           verdicts[vp] ? "" : ": AS VTL0 SEES");
}

void attack_all(const struct attack *attacks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        attack_one(&attacks[i]);
}

/* --- The program --------------------------------------------------------------------------- */

static void set_up(void)
{
    sctlr_off = sysreg_read(sctlr_el1);
    sysreg_write(cpacr_el1, 3ul << 20);
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 2ul << 40);
    vault_address(VAULT_SECRET);
    vault_take(hostile_border + PAGE);
    check(HV_STATUS(vault_rights(hostile_data, R | W)) == 0, "data");
    vault_watch(hostile_code);
    check(HV_STATUS(vault_rights(hostile_code, R | X)) == 0, "code");
}

static void map_and_attack(enum granule granule)
{
    uint64_t unit = 0x10000, vault;

    if (!mmu_has(granule)) {
        print("no such granule here\n");
        return;
    }
    mmu_prepare(granule);
    vault = (uintptr_t)vault_address(VAULT_SECRET) & -unit;
    mmu_map(vault, vault, unit);
    mmu_on();
    attack_all(access_attacks, access_attack_count);
    hostile_mmu_off();
}

/* VTL2's memory must not come to the log. */
static void crash(void)
{
    hv_set(HV_NATIVE, CRASH_P3, (uintptr_t)vault_address(VAULT_SECRET));
    hv_set(HV_NATIVE, CRASH_P3 + 1, 64);
    hv_set(HV_NATIVE, CRASH_CONTROL, CRASH_NOTIFY_WITH_MESSAGE);
}

static void attack(void)
{
    set_up();
    if (argument_is("crash", "")) {
        crash();
    } else if (argument_is("only", "16k")) {
        map_and_attack(GRANULE_16K);
    } else if (argument_is("only", "64k")) {
        map_and_attack(GRANULE_64K);
    } else if (argument_is("only", "calls")) {
        mmu_prepare(GRANULE_4K);
        attack_all(call_attacks, call_attack_count);
    } else if (argument_is("only", "steps")) {
        mmu_prepare(GRANULE_4K);
        attack_all(step_attacks, step_attack_count);
        attack_all(race_attacks, race_attack_count);
    } else {
        attack_all(access_attacks, access_attack_count);
        map_and_attack(GRANULE_4K);
        attack_all(walk_attacks, walk_attack_count);
        attack_all(call_attacks, call_attack_count);
    }
}

void guest_main(void)
{
    if (guest_vtl != 0)
        vault_serve();
    attack();
    report(vault_check() == 0, "VTL2 is as it was");
}
