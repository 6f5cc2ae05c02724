/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Architectural registers by hypercall: what the processor is reads as MRS reads it and cannot be
 * written; the VTL's own registers read as they are, and hold what is written.
 */
#include "tests/guest/guest.h"

#define BAD_PARAMETER 0x5
#define SP 0x0002001fu
#define SP_EL1 0x00020021u
#define PSTATE 0x00020023u
#define ELR_EL2 0x00021001u
#define SPSR_EL2 0x00021002u
#define DAIF 0x00021004u
#define NZCV 0x00021006u
#define XZR 0x0002fffeu
#define TPIDR_EL1 0x0004000eu
#define CCSIDR_EL1 0x00040030u
#define TTBR0_ELX 0x0004007du
#define DBGBVR0_EL1 0x00050020u
#define OSLAR_EL1 0x00050052u
#define OSLSR_EL1 0x00050053u
#define OSLSR_LOCKED 2u
#define CNTP_CVAL_EL0 0x0005800au
#define CNTPCT_EL0 0x0005800cu
#define CNTV_TVAL_EL0 0x00058010u
#define CNTVCT_EL0 0x00058011u
#define ICC_CTLR_EL1 0x00060006u
#define ICC_SRE_EL1 0x0006000fu
#define ICC_PMR_EL1 0x0006000cu
#define VP_RUNTIME 0x00090000u
#define TIME_REF_COUNT 0x00090004u
#define STACK_USED 4096 /* by a call, no more than that */
#define MILLISECOND 10000 /* in units of 100 ns */
#define INTERFACE_VERSION 0x00090006u
#define INTERFACE_HV1 0x31237648u
#define REFERENCE_TSC 0x00090017u
#define ID(crm, op2) (0x00022000u + 8 * (crm) + (op2))

#define READER(function, name)                                                                     \
    static uint64_t read_##function(void)                                                          \
    {                                                                                              \
        return sysreg_read(name);                                                                  \
    }

/* The ID registers, eight of a CRm: those that do not exist yet read as zero. */
#define ID_8(ROW, crm)                                                                             \
    ROW(crm, 0) ROW(crm, 1) ROW(crm, 2) ROW(crm, 3) ROW(crm, 4) ROW(crm, 5) ROW(crm, 6) ROW(crm, 7)
#define ID_ALL(ROW)                                                                                \
    ID_8(ROW, 1) ID_8(ROW, 2) ID_8(ROW, 3) ID_8(ROW, 4) ID_8(ROW, 5) ID_8(ROW, 6) ID_8(ROW, 7)
#define ID_READER(crm, op2) READER(id_##crm##_##op2, S3_0_C0_C##crm##_##op2)
ID_ALL(ID_READER)
READER(midr, midr_el1)
READER(revidr, revidr_el1)
READER(mpidr, mpidr_el1)
READER(mvfr0, mvfr0_el1)
READER(mvfr1, mvfr1_el1)
READER(mvfr2, mvfr2_el1)
READER(clidr, clidr_el1)
READER(aidr, aidr_el1)
READER(dczid, dczid_el0)
READER(cntfrq, cntfrq_el0)
READER(current_el, CurrentEL)
READER(icc_sre, S3_0_C12_C12_5)
READER(icc_ctlr, S3_0_C12_C12_4)
/* But for TminLine: KVM tells of no tags to a VM without them, the processor always does. */
static uint64_t read_ctr(void)
{
    return sysreg_read(ctr_el0) & 0xffffffff;
}

static const struct constant {
    const char *name;
    uint32_t number;
    uint64_t (*read)(void);
} constants[] = {
#define ID_ROW(crm, op2) {"ID register " #crm " " #op2, ID(crm, op2), read_id_##crm##_##op2},
    ID_ALL(ID_ROW)
    {"MIDR_EL1", ID(0, 0), read_midr},
    {"MIDR_EL1 too", 0x00040051, read_midr},
    {"REVIDR_EL1", ID(0, 6), read_revidr},
    {"REVIDR_EL1 too", 0x00040055, read_revidr},
    {"MPIDR_EL1", 0x00040001, read_mpidr},
    {"MPIDR_EL1 too", ID(0, 5), read_mpidr},
    {"MVFR0_EL1", 0x00040052, read_mvfr0},
    {"MVFR1_EL1", 0x00040053, read_mvfr1},
    {"MVFR2_EL1", 0x00040054, read_mvfr2},
    {"AIDR_EL1", 0x00040024, read_aidr},
    {"CLIDR_EL1", 0x00040032, read_clidr},
    {"CTR_EL0", 0x00040036, read_ctr},
    {"DCZID_EL0", 0x00040038, read_dczid},
    {"CNTFRQ_EL0", 0x00058000, read_cntfrq},
    {"CurrentEL", 0x00021003, read_current_el},
};

/* Registers of the VTL that may hold anything while the MMU is off. */
#define OWN(name)                                                                                  \
    static uint64_t read_own_##name(void)                                                          \
    {                                                                                              \
        return sysreg_read(name);                                                                  \
    }                                                                                              \
    static void write_own_##name(uint64_t value)                                                   \
    {                                                                                              \
        sysreg_write(name, value);                                                                 \
    }
OWN(contextidr_el1)
OWN(tpidr_el1)
OWN(tpidr_el0)
OWN(tpidrro_el0)
OWN(ttbr0_el1)
OWN(ttbr1_el1)
OWN(mair_el1)
OWN(far_el1)
OWN(elr_el1)
OWN(par_el1)
OWN(sp_el0)
OWN(cntv_cval_el0)
OWN(cntp_cval_el0)
OWN(esr_el1)
OWN(spsr_el1)
OWN(csselr_el1)
OWN(dbgbvr0_el1)
OWN(dbgwvr1_el1)
OWN(daif)
#define icc_pmr S3_0_C4_C6_0
#define icc_igrpen1 S3_0_C12_C12_7
OWN(icc_pmr)
OWN(icc_igrpen1)

static const struct own {
    const char *name;
    uint32_t number;
    uint64_t mask; /* bits that exist */
    uint64_t (*read)(void);
    void (*write)(uint64_t value);
} owns[] = {
#define ROW(name, number, mask) {#name, number, mask, read_own_##name, write_own_##name}
    ROW(contextidr_el1, 0x0004000d, 0xffffffff), ROW(tpidr_el1, 0x0004000e, UINT64_MAX),
    ROW(tpidr_el0, 0x00040011, UINT64_MAX),      ROW(tpidrro_el0, 0x00040010, UINT64_MAX),
    ROW(ttbr0_el1, 0x00040005, 0xfffffffff000),  ROW(ttbr1_el1, 0x00040006, 0xfffffffff000),
    ROW(mair_el1, 0x0004000b, UINT64_MAX),       ROW(far_el1, 0x00040009, UINT64_MAX),
    ROW(elr_el1, 0x00040015, UINT64_MAX),        ROW(par_el1, 0x0004000a, 0xfffffffff001),
    ROW(sp_el0, 0x00020020, UINT64_MAX),         ROW(cntv_cval_el0, 0x0005800f, UINT64_MAX),
    ROW(cntp_cval_el0, 0x0005800a, UINT64_MAX),  ROW(csselr_el1, 0x00040035, 0x3),
    ROW(dbgbvr0_el1, 0x00050020, 0xfffffffffffc), ROW(dbgwvr1_el1, 0x00050031, 0xfffffffffffc),
    ROW(icc_pmr, ICC_PMR_EL1, 0xf0),             ROW(icc_igrpen1, 0x0006000b, 0x1),
    /* By the names that mean EL1 or EL2. */
    ROW(contextidr_el1, 0x00040076, 0xffffffff),
    ROW(esr_el1, 0x00040078, 0xffffffff),        ROW(far_el1, 0x00040079, UINT64_MAX),
    ROW(mair_el1, 0x0004007a, UINT64_MAX),       ROW(ttbr0_el1, 0x0004007d, 0xfffffffff000),
    ROW(ttbr1_el1, 0x0004007f, 0xfffffffff000),  ROW(elr_el1, 0x0002100c, UINT64_MAX),
    ROW(spsr_el1, 0x0002100d, 0xf00003c5),       ROW(cntv_cval_el0, 0x00058018, UINT64_MAX),
    ROW(cntp_cval_el0, 0x00058015, UINT64_MAX),
    /* Pieces of PSTATE. Asynchronous aborts and FIQs alone may be let in here. */
    ROW(daif, 0x00021004, 0x140),
};

static void test_constant(const struct constant *row)
{
    struct hv_value value = {0};
    unsigned status = hv_get(HV_NATIVE, row->number, &value);

    report(status == 0 && value.low == row->read() && value.high == 0,
           "%s 0x%lx, the processor says 0x%lx", row->name, value.low, row->read());
    report(hv_set(HV_NATIVE, row->number, value.low) == BAD_PARAMETER, "%s is read-only",
           row->name);
}

static void test_own(const struct own *row, struct random *random)
{
    struct hv_value value = {0};
    uint64_t mine = random_next(random) & row->mask, set = random_next(random) & row->mask;
    bool good;

    row->write(mine);
    good = hv_get(HV_NATIVE, row->number, &value) == 0 && value.low == mine;
    report(good, "%s reads 0x%lx", row->name, value.low);
    good = hv_set(HV_NATIVE, row->number, set) == 0 && row->read() == set;
    report(good, "%s is set to 0x%lx", row->name, row->read());
}

/* The flags live but from one instruction to the next. */
static void test_flags(void)
{
    struct registers get = {{HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), HV_PARTITION_SELF,
                             HV_VP_SELF, NZCV}};

    call_hvc1(&get);
    report(HV_STATUS(get.x[0]) == 0 && (get.x[15] & ~PSTATE_NZCV) == 0, "NZCV reads 0x%lx",
           get.x[15]);
}

static void test_caches(void)
{
    bool good = true;

    for (uint64_t cache = 0; cache < 6; cache++) { /* levels 1-3, data and instructions */
        struct hv_value value = {0};

        sysreg_write(csselr_el1, cache);
        good &= check(
            hv_get(HV_NATIVE, CCSIDR_EL1, &value) == 0 && value.low == sysreg_read(ccsidr_el1),
            "cache %lu: CCSIDR_EL1 0x%lx, the processor says 0x%lx", cache, value.low,
            sysreg_read(ccsidr_el1));
    }
    report(good, "CCSIDR_EL1 of six caches");
}

static void test_gic(void)
{
    struct hv_value value = {0};

    report(hv_get(HV_NATIVE, ICC_CTLR_EL1, &value) == 0 && value.low == read_icc_ctlr(),
           "ICC_CTLR_EL1 0x%lx, the processor says 0x%lx", value.low, read_icc_ctlr());
    report(hv_get(HV_NATIVE, ICC_SRE_EL1, &value) == 0 && value.low == read_icc_sre(),
           "ICC_SRE_EL1 0x%lx, the processor says 0x%lx", value.low, read_icc_sre());
}

static uint64_t get(uint32_t name)
{
    struct hv_value value = {0};

    check(hv_get(HV_NATIVE, name, &value) == 0, "register 0x%x does not read", name);
    return value.low;
}

static void test_stack_pointer(void)
{
    uint64_t sp = get(SP), sp_el1 = get(SP_EL1);

    report(sp == sp_el1, "SP 0x%lx is SP_EL1", sp);
    /* On the same stack by the other name. */
    __asm__ volatile("mov x9, sp\n\tmsr sp_el0, x9\n\tmsr spsel, #0" : : : "x9", "memory");
    hv_set(HV_NATIVE, SP_EL1, 0x1000);
    sp = get(SP);
    __asm__ volatile("mov x9, sp\n\tmsr spsel, #1\n\tmov sp, x9" : : : "x9", "memory");
    report(sysreg_read(sp_el0) - sp < STACK_USED, "SP 0x%lx is SP_EL0", sp);
}

static void test_os_lock(void)
{
    bool good;

    good = hv_set(HV_NATIVE, OSLAR_EL1, 1) == 0 && sysreg_read(oslsr_el1) & OSLSR_LOCKED &&
           get(OSLSR_EL1) & OSLSR_LOCKED;
    good &= hv_set(HV_NATIVE, OSLAR_EL1, 0) == 0 && !(sysreg_read(oslsr_el1) & OSLSR_LOCKED);
    report(good && get(OSLSR_EL1) == sysreg_read(oslsr_el1), "OSLAR_EL1 locks and unlocks");
}

static void test_counters(void)
{
    uint64_t before = counter(), first = get(CNTVCT_EL0), second = get(CNTVCT_EL0);
    uint64_t physical = get(CNTPCT_EL0);

    report(before < first && first < second && second < physical && physical < counter(),
           "CNTVCT_EL0 and CNTPCT_EL0 move on");
    report(hv_set(HV_NATIVE, CNTVCT_EL0, 0) == BAD_PARAMETER, "CNTVCT_EL0 is read-only");
    hv_set(HV_NATIVE, CNTV_TVAL_EL0, 1ul << 30);
    first = get(CNTV_TVAL_EL0);
    second = sysreg_read(cntv_tval_el0);
    report(second < first && first < 1ul << 30, "CNTV_TVAL_EL0 counts down: 0x%lx, 0x%lx", first,
           second);
}

static void test_time(void)
{
    static volatile uint64_t page[512] __attribute__((aligned(4096)));
    uint64_t run = get(VP_RUNTIME), before, after, time;

    report(hv_set(HV_NATIVE, REFERENCE_TSC, (uint64_t)page | 1) == 0 && (uint32_t)page[0] != 0,
           "the reference page has sequence %u", (unsigned)page[0]);
    before = get(TIME_REF_COUNT);
    time = (uint64_t)((unsigned __int128)counter() * page[1] >> 64) + page[2];
    after = get(TIME_REF_COUNT);
    report(before <= time + 1 && time <= after, "it says %lu, TimeRefCount %lu to %lu", time,
           before, after);
    while (get(TIME_REF_COUNT) < after + MILLISECOND)
        ;
    run = get(VP_RUNTIME) - run;
    report(run > 0 && run <= get(TIME_REF_COUNT), "VpRuntime: %lu more", run);
    report(get(INTERFACE_VERSION) == INTERFACE_HV1, "the interface is Hv#1");
}

/* Whatever the number, the answer is a value or that there is none. */
static void test_all_numbers(void)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x0001fff0, 0x00020030}, {0x0002fff0, 0x00030040}, {0x00021000, 0x00021010},
        {0x00022000, 0x00022080}, {0x00030100, 0x00030131}, {0x00040000, 0x00040082},
        {0x00050000, 0x00050058}, {0x00052000, 0x0005204f}, {0x00054000, 0x0005400d},
        {0x00056000, 0x00056010}, {0x00058000, 0x0005801a}, {0x00060000, 0x00060011},
        {0x00061000, 0x0006101a}, {0x00063000, 0x00063001}, {0x00071000, 0x0007100f},
    };
    unsigned there = 0, missing = 0;

    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
        for (uint32_t name = ranges[i].first; name <= ranges[i].last; name++) {
            struct hv_value value;
            unsigned status = hv_get(HV_NATIVE, name, &value);

            check(status == 0 || status == BAD_PARAMETER, "register 0x%x: status 0x%x", name,
                  status);
            there += status == 0;
            missing += status != 0;
        }
    report(there > 200 && missing > 0, "%u registers are there, %u numbers are not", there,
           missing);
}

/* --- While other VPs run ---------------------------------------------------------------------- */

static volatile uint64_t laps[GUEST_MAX_VPS];

/* Never leaves KVM_RUN by itself. */
static void run_around(uint64_t vp)
{
    for (;;)
        laps[vp]++;
}

/* The GIC's registers, for which all VPs must stop for a moment. */
static void test_with_others(unsigned vps)
{
    bool good = true;

    for (unsigned vp = 1; vp < vps; vp++) {
        good &= vp_start(vp, run_around, vp) == PSCI_SUCCESS;
        wait_for(&laps[vp], 1);
    }
    for (uint64_t i = 0; i < 100; i++) {
        struct hv_value value = {0};
        uint64_t lap = laps[vps - 1];

        good &= check(hv_set(HV_NATIVE, ICC_PMR_EL1, (i & 0xf) << 4) == 0 &&
                          hv_get(HV_NATIVE, ICC_PMR_EL1, &value) == 0 &&
                          value.low == (i & 0xf) << 4,
                      "ICC_PMR_EL1 is 0x%lx in round %lu", value.low, i);
        wait_for(&laps[vps - 1], lap + 1);
    }
    report(good, "ICC_PMR_EL1 by hypercall while %u VPs run", vps);
}

/* --- VTL2 at the registers of VTL0 ------------------------------------------------------------ */

#define OF_VTL0 (HV_VP_SELF | 0x10ul << 32)
#define THREAD 0x123456789abcdef0ul
#define HVC_2 0xd4000042u
#define DAIF_BUT_F 0x380ul

static uint64_t get_below(uint32_t name)
{
    uint64_t block[16] = {HV_PARTITION_SELF, OF_VTL0, name};
    uint64_t result =
        hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);

    check(HV_STATUS(result) == 0, "register 0x%x of VTL0: status 0x%lx", name, HV_STATUS(result));
    return block[HV_NATIVE_OUTPUT];
}

static void set_below(uint32_t name, uint64_t value)
{
    uint64_t block[16] = {HV_PARTITION_SELF, OF_VTL0, name, 0, value};
    uint64_t result =
        hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);

    check(HV_STATUS(result) == 0, "register 0x%x of VTL0: status 0x%lx", name, HV_STATUS(result));
}

static void look_below(void)
{
    uint64_t sp = vtl_return(0), pstate = get_below(SPSR_EL2), pc = get_below(ELR_EL2);

    report(pstate == get_below(PSTATE) && (pstate & 0xf) == PSTATE_EL1H,
           "SPSR_EL2 is VTL0's PSTATE 0x%lx", pstate);
    report(((const uint32_t *)pc)[-1] == HVC_2, "ELR_EL2 0x%lx is behind VTL0's HVC", pc);
    report(get_below(SP) <= sp && sp - get_below(SP) < STACK_USED, "SP of VTL0 is 0x%lx",
           get_below(SP));
    report(get_below(TPIDR_EL1) == THREAD, "TPIDR_EL1 of VTL0 is 0x%lx", get_below(TPIDR_EL1));
    set_below(DAIF, DAIF_BUT_F);
    set_below(TTBR0_ELX, 0x1000);
    set_below(CNTP_CVAL_EL0, THREAD);
    set_below(DBGBVR0_EL1, 0x1000);
    vtl_return(0);
}

static void be_looked_at(void)
{
    uint64_t sp;

    __asm__ volatile("mov %0, sp" : "=r"(sp));
    sysreg_write(tpidr_el1, THREAD);
    vtl_call(sp);
    report(sysreg_read(daif) == DAIF_BUT_F, "VTL2 has set DAIF");
    report(sysreg_read(ttbr0_el1) == 0x1000, "VTL2 has set TTBR0_EL1");
    report(sysreg_read(cntp_cval_el0) == THREAD, "VTL2 has set CNTP_CVAL_EL0");
    report(sysreg_read(dbgbvr0_el1) == 0x1000, "VTL2 has set DBGBVR0_EL1");
}

void guest_main(void)
{
    struct random random;

    random_seed(&random, argument_number("seed", 1));
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    if (argument_is("below", "")) {
        (guest_vtl ? look_below : be_looked_at)();
        return;
    }
    if (argument_number("vps", 1) > 1) {
        test_with_others((unsigned)argument_number("vps", 1));
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(constants); i++)
        test_constant(&constants[i]);
    for (size_t i = 0; i < ARRAY_SIZE(owns); i++)
        test_own(&owns[i], &random);
    test_flags();
    test_caches();
    test_stack_pointer();
    test_os_lock();
    test_gic();
    test_counters();
    test_time();
    test_all_numbers();
    report(hv_set(HV_NATIVE, XZR, 1) == 0 && get(XZR) == 0, "XZR takes anything and keeps nothing");
}
