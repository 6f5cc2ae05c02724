/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register banks: one payload for VTL2 and one for VTL0, both from this file. VTL2 boots,
 * returns to VTL0, and then the two exchange random registers, switch after switch.
 *
 * Switch 2n is VTL0's call number n, switch 2n + 1 is VTL2's return from it. What the shared
 * registers carry is a function of that number, so that the receiver knows it: a lost or doubled
 * switch shows at once. The private registers get other random values on each side and must be
 * found unchanged when the VTL runs again.
 *
 * Command line, the same for both:
 *   rounds=N                    round trips (1000)
 *   vps=N                       on so many VPs at once (1)
 *   seed=N
 *   x0=reserved                 X0 lies in the ranges that KVM answers itself
 *   first=vtl0 or first=vtl2    already in that VTL's very first use of a call site
 *   mmu=4k, 16k or 64k          with MMU and caches on, TTBRs differing
 *   site=copy, low or high      call sites are code written at run time; at an address of their
 *                               own below, or in TTBR1's half (these two with mmu=)
 */
#include "tests/guest/bank.h"
#include "tests/guest/guest.h"

#define SITES 2
#define SITE_ROOM 1024
/* What VTL2 sends when it starts VTL0, which cannot look at it. */
#define GREETING (1ul << 40)
/* Words from SP_EL0 upwards; the stub pushes two more below. */
#define SPARE_STACK 64

#if GUEST_VTL == 0
#define OWN_NAME "vtl0"
#define PEER_NAME "vtl2"
static const struct bank_site *const sites[SITES] = {&bank_call_a, &bank_call_b};
#else
#define OWN_NAME "vtl2"
#define PEER_NAME "vtl0"
static const struct bank_site *const sites[SITES] = {&bank_return_a, &bank_return_b};
#endif

/* Where the sites are executed. */
static uintptr_t addresses[SITES];
static uint8_t copies[SITES][SITE_ROOM] __attribute__((aligned(SITE_ROOM)));
static uint64_t spare_stacks[GUEST_MAX_VPS][SPARE_STACK] __attribute__((aligned(16)));
static volatile uint64_t done[GUEST_MAX_VPS];

/* One VP's share of the test. */
struct exchange {
    struct bank_sequence sequence;
    struct random random; /* for private registers; differs between the VTLs */
    struct bank_frame frame;
    struct private_state state;
    unsigned switches; /* so far */
    unsigned lost;
    bool shared_good, private_good, place_good;
};

static uint64_t x0_of_first_use(const struct exchange *exchange)
{
    return bank_reserved_x0(exchange->sequence.seed * 2 + 1);
}

static void choose_own(struct exchange *exchange)
{
    struct bank_frame *frame = &exchange->frame;
    unsigned slot = 2 + 2 * (unsigned)(random_next(&exchange->random) % 16);
    uint64_t *spare = &spare_stacks[guest_vp()][slot];

    *spare = (uintptr_t)frame;
    frame->out_control = (struct bank_control){
        .nzcv = random_next(&exchange->random) & PSTATE_NZCV,
        .spsel = random_next(&exchange->random) & 1,
        .sp_el0 = (uintptr_t)spare,
    };
    for (unsigned i = 0; i < BANK_X; i++)
        if (!bank_is_shared(i))
            frame->out.x[i] = random_next(&exchange->random);
}

static unsigned choose_site(struct exchange *exchange)
{
    if (exchange->switches < SITES)
        return exchange->switches;
    return (unsigned)(random_next(&exchange->random) % SITES);
}

/* All but X0-X3, which KVM overwrites, are still ours: nobody else ran. */
static bool was_lost(const struct bank_frame *frame)
{
    return !memcmp(&frame->in.x[4], &frame->out.x[4], sizeof(frame->in) - 4 * sizeof(uint64_t));
}

static void check_own(struct exchange *exchange, unsigned site, uint64_t number)
{
    const struct bank_frame *frame = &exchange->frame;
    const struct bank_control *in = &frame->in_control, *out = &frame->out_control;
    uintptr_t pc = addresses[site] + (uintptr_t)sites[site]->hvc - (uintptr_t)sites[site]->run + 4;
    bool good = true;

    for (unsigned i = 0; i < BANK_X; i++)
        if (!bank_is_shared(i))
            good &= check(frame->in.x[i] == frame->out.x[i],
                          "switch %lu: X%u was 0x%lx and comes back as 0x%lx", number, i,
                          frame->out.x[i], frame->in.x[i]);
    good &= check(in->nzcv == out->nzcv, "switch %lu: NZCV 0x%lx -> 0x%lx", number, out->nzcv,
                  in->nzcv);
    good &= check(in->spsel == out->spsel, "switch %lu: SPSel %lu -> %lu", number, out->spsel,
                  in->spsel);
    good &= check(in->sp_el0 == out->sp_el0, "switch %lu: SP_EL0 0x%lx -> 0x%lx", number,
                  out->sp_el0, in->sp_el0);
    good &= check(in->sp_el1 == out->sp_el1, "switch %lu: SP_EL1 0x%lx -> 0x%lx", number,
                  out->sp_el1, in->sp_el1);
    good &= check(frame->in_pc == pc, "switch %lu: continues at 0x%lx instead of 0x%lx", number,
                  frame->in_pc, pc);
    exchange->place_good &= good;
}

static void check_shared(struct exchange *exchange, uint64_t number)
{
    const struct bank *seen = &exchange->frame.in;
    struct bank expected;

    bank_fill(&exchange->sequence, number, &expected);
    /* The peer's first use may have got through. */
    if (number == 0 && argument_is("first", PEER_NAME) &&
        seen->x[0] == x0_of_first_use(exchange))
        expected.x[0] = seen->x[0];
    exchange->shared_good &= bank_compare(seen, &expected, number);
}

/* Sends what switch @number carries; returns when this VTL runs again. */
static void perform(struct exchange *exchange, uint64_t number, bool first_use)
{
    struct bank_frame *frame = &exchange->frame;
    unsigned site = choose_site(exchange);

    bank_fill(&exchange->sequence, number, &frame->out);
    if (first_use)
        frame->out.x[0] = x0_of_first_use(exchange);
    choose_own(exchange);
    private_scramble(&exchange->random, &exchange->state);
    ((void (*)(struct bank_frame *))addresses[site])(frame);
    exchange->private_good &= private_compare(&exchange->state, number);
    check_own(exchange, site, number);
}

/* Sends switch @number and receives the next one. */
static void exchange_once(struct exchange *exchange, uint64_t number)
{
    bool first_use = exchange->switches == 0 && argument_is("first", OWN_NAME);

    perform(exchange, number, first_use);
    if (was_lost(&exchange->frame)) {
        exchange->lost++;
        print(OWN_NAME ": switch %lu did not take place: X0 0x%lx became 0x%lx\n", number,
              exchange->frame.out.x[0], exchange->frame.in.x[0]);
        if (!check(first_use, "a switch got lost"))
            finish();
        perform(exchange, number, false);
    }
    exchange->switches++;
    check_shared(exchange, number == GREETING ? 0 : number + 1);
}

static void summarize(const struct exchange *exchange)
{
    report(exchange->shared_good, "%u switches: X0-X17, X19-X28 and Q0-Q31 arrive",
           exchange->switches);
    report(exchange->place_good, "X18, X29, X30, SP_EL0, SP_EL1, NZCV, SPSel and PC stay");
    report(exchange->private_good, "the other private registers stay");
    if (argument_is("first", OWN_NAME))
        print(OWN_NAME ": the first use of a call site was %s\n",
              exchange->lost ? "swallowed and noticed" : "recovered");
}

static void init(struct exchange *exchange)
{
    uint64_t seed = argument_number("seed", 1) + guest_vp() * 1000;

    *exchange = (struct exchange){
        .sequence = {seed, argument_is("x0", "reserved") ? BANK_X0_RESERVED : BANK_X0_RANDOM},
        .shared_good = true,
        .private_good = true,
        .place_good = true,
    };
    random_seed(&exchange->random, seed + guest_vtl + 1);
}

/* VTL0 calls and looks at what comes back; its last call is not answered. */
static void run_vtl0(struct exchange *exchange, uint64_t rounds)
{
    for (uint64_t i = 0; i < rounds; i++)
        exchange_once(exchange, 2 * i);
    summarize(exchange);
    if (report_failures())
        finish();
    perform(exchange, 2 * rounds, false);
    check(false, "the last call is answered");
    finish();
}

/* VTL2 returns and looks at what it is called with, the last call included. */
static void run_vtl2(struct exchange *exchange, uint64_t rounds)
{
    exchange_once(exchange, GREETING);
    for (uint64_t i = 0; i < rounds; i++)
        exchange_once(exchange, 2 * i + 1);
    summarize(exchange);
}

static enum granule choose_granule(void)
{
    return argument_is("mmu", "64k") ? GRANULE_64K
           : argument_is("mmu", "16k") ? GRANULE_16K
                                       : GRANULE_4K;
}

static bool wants_mmu(void)
{
    return argument_is("mmu", "4k") || argument_is("mmu", "16k") || argument_is("mmu", "64k");
}

static void run_vp(uint64_t rounds)
{
    struct exchange exchange;

    if (wants_mmu())
        mmu_on();
    init(&exchange);
    if (guest_vtl == 0)
        run_vtl0(&exchange, rounds);
    else
        run_vtl2(&exchange, rounds);
    signal_value(&done[guest_vp()], 1);
}

static void prepare_mmu(void)
{
    uint64_t own = (uintptr_t)sites[0]->run & -(uint64_t)GUEST_SIZE;

    mmu_prepare(choose_granule());
    mmu_map(own | MMU_LOW_ALIAS, own, GUEST_SIZE);
    mmu_map(own | MMU_HIGH_ALIAS, own, GUEST_SIZE);
}

static uintptr_t place_site(unsigned i)
{
    uintptr_t original = (uintptr_t)sites[i]->run;
    size_t size = (uintptr_t)sites[i]->end - original;

    if (argument_is("site", "low"))
        return original | MMU_LOW_ALIAS;
    if (argument_is("site", "high"))
        return original | MMU_HIGH_ALIAS;
    if (!argument_is("site", "copy"))
        return original;
    memcpy(copies[i], (const void *)original, size);
    code_written(copies[i], size);
    return (uintptr_t)copies[i];
}

void guest_main(void)
{
    unsigned vps = (unsigned)argument_number("vps", 1);
    uint64_t rounds = argument_number("rounds", 1000);

    private_list();
    if (wants_mmu() && !mmu_has(choose_granule())) {
        print(OWN_NAME ": this processor does not have the granule\n");
        finish();
    }
    if (wants_mmu())
        prepare_mmu();
    for (unsigned i = 0; i < SITES; i++)
        addresses[i] = place_site(i);
    for (unsigned vp = 1; vp < vps; vp++)
        check(vp_start(vp, run_vp, rounds) == PSCI_SUCCESS, "CPU_ON of VP%u", vp);
    run_vp(rounds);
    for (unsigned vp = 1; vp < vps; vp++)
        wait_for(&done[vp], 1);
}
