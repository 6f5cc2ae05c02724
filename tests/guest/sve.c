/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SVE across VTLs: the low 128 bits of Z0-Z31 are Q0-Q31 and shared, all else is private. It is
 * there again after a switch, at any length of vectors; or, with the argument poison=1 here and
 * --poison there, is damaged where its owner gave up the processor by itself, and nowhere else; or, with
 * the argument high=shared here and a bank policy that shares it there, is the other VTL's.
 *
 * Arguments of both: mode=calls: VTL0 calls, rounds= times, on each of vps=; mode=pulse: VTL0
 * calculates, pre-empted all the time. Of VTL0 alone: mode=registers: hypercalls for registers;
 * mode=none: there must be no SVE.
 */
#include "tests/guest/paravisor.h"
#include "tests/guest/sve-state.h"

#define VP_ASSIST_PAGE 0x00090013u
#define ENABLE 1ul
/* What VTL2 sends when it starts VTL0, which cannot look at it. */
#define GREETING (1ul << 40)
#define HV_Q3 0x00030003u
#define HV_ZCR_EL1 0x00040071u
#define HV_ZCR_ELX 0x00040081u
#define HV_SUCCESS 0u
#define HV_INVALID_PARAMETER 5u
#define PATTERN 0xbadc0de000000000ul /* vtl/poison.h */
#define Z0_NUMBER 0x00
#define P0_NUMBER 0x20
#define MAX_US 3000
#define PULSES 100
#define CALLS_PER_SECOND 50

/* One VP's share. */
static struct exchange {
    struct sve_state out, in;
    struct random random;
    size_t lengths[SVE_UNITS];
    unsigned length_count;
    size_t length; /* of vectors at the last switch */
    uint64_t used; /* set of lengths, by their indices */
    bool low_good, high_good;
} exchanges[GUEST_MAX_VPS];

static struct shared shareds[GUEST_MAX_VPS];
static uint8_t assist_pages[GUEST_MAX_VPS][PAGE] __attribute__((aligned(4096)));
static volatile uint64_t done[GUEST_MAX_VPS];

static bool poisoned(void)
{
    return argument_number("poison", 0);
}

static void find_lengths(struct exchange *exchange)
{
    size_t before = 0;

    for (size_t length = SVE_UNIT; length <= SVE_UNITS * SVE_UNIT; length += SVE_UNIT) {
        size_t got = sve_set_length(length);

        if (got != before)
            exchange->lengths[exchange->length_count++] = got;
        before = got;
    }
}

static void prepare(struct exchange *exchange)
{
    check(sve_open(), "there is no SVE");
    *exchange = (struct exchange){.low_good = true, .high_good = true};
    random_seed(&exchange->random, guest_vp() * 10 + guest_vtl + 1);
    find_lengths(exchange);
}

static void fill_random(struct random *random, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(random_next(random) >> 32);
}

/* The low parts that switch @number carries. */
static void fill_low(uint64_t number, unsigned z, uint8_t *bytes)
{
    struct random random;

    random_seed(&random, (number + 1) * 64 + z + 1);
    fill_random(&random, bytes, SVE_UNIT);
}

/* So many ones from bit 0 on. */
static void fill_prefix(uint8_t *bytes, size_t size, size_t ones)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = ones >= 8 * (i + 1) ? 0xff : ones <= 8 * i ? 0 : (uint8_t)((1u << ones % 8) - 1);
}

/* Chooses a length and what this VTL has of its own. */
static void fill_own(struct exchange *exchange)
{
    unsigned choice = (unsigned)(random_next(&exchange->random) >> 20) % exchange->length_count;
    struct sve_state *out = &exchange->out;
    size_t length = sve_set_length(exchange->lengths[choice]);

    exchange->used |= 1ul << choice;
    exchange->length = length;
    fill_random(&exchange->random, out->bytes, SVE_VECTORS * length + SVE_PREDICATES * length / 8);
    fill_prefix(sve_p(out, SVE_PREDICATES, length), length / 8,
                (random_next(&exchange->random) >> 20) % (length + 1));
}

static bool shares_high(void)
{
    return argument_is("high", "shared");
}

/* What switch @number carries if all of it is shared; at the greatest length, the same for both. */
static void fill_shared(struct exchange *exchange, uint64_t number)
{
    unsigned choice = exchange->length_count - 1;
    size_t length = sve_set_length(exchange->lengths[choice]);
    struct random random;

    random_seed(&random, (number + 1) * 977);
    exchange->length = length;
    fill_random(&random, exchange->out.bytes, SVE_VECTORS * length + SVE_PREDICATES * length / 8);
    fill_prefix(sve_p(&exchange->out, SVE_PREDICATES, length), length / 8, number % (length + 1));
}

static bool check_bytes(const char *what, unsigned number, const uint8_t *seen,
                        const uint8_t *expected, size_t size, uint64_t round)
{
    for (size_t i = 0; i < size; i++)
        if (seen[i] != expected[i])
            return check(false, "round %lu: %s%u, byte %lu is 0x%x instead of 0x%x", round, what,
                         number, i, seen[i], expected[i]);
    return true;
}

static uint8_t pattern_byte(unsigned number, size_t i)
{
    uint64_t word = PATTERN | (uint64_t)guest_vp() << 16 | guest_vtl << 8 | number;

    return (uint8_t)(word >> i % 8 * 8);
}

/* Makes of what this VTL has left what it must find if that has been damaged. */
static void expect_damage(struct exchange *exchange)
{
    size_t length = exchange->length;

    for (unsigned z = 0; z < SVE_VECTORS; z++)
        for (size_t i = SVE_UNIT; i < length; i++)
            sve_z(&exchange->out, z, length)[i] = pattern_byte(Z0_NUMBER + z, i);
    for (unsigned p = 0; p < SVE_PREDICATES; p++)
        for (size_t i = 0; i < length / 8; i++)
            sve_p(&exchange->out, p, length)[i] = pattern_byte(P0_NUMBER + p, i);
    fill_prefix(sve_p(&exchange->out, SVE_PREDICATES, length), length / 8, 2 * guest_vtl + 1);
}

static void check_high(struct exchange *exchange, uint64_t round)
{
    size_t length = exchange->length;

    for (unsigned z = 0; z < SVE_VECTORS; z++)
        exchange->high_good &=
            check_bytes("high Z", z, sve_z(&exchange->in, z, length) + SVE_UNIT,
                        sve_z(&exchange->out, z, length) + SVE_UNIT, length - SVE_UNIT, round);
    for (unsigned p = 0; p <= SVE_PREDICATES; p++)
        exchange->high_good &= check_bytes("P", p, sve_p(&exchange->in, p, length),
                                           sve_p(&exchange->out, p, length), length / 8, round);
}

/* --- Calls ------------------------------------------------------------------------------------ */

static void exchange_once(struct exchange *exchange, uint64_t number)
{
    uint64_t round = number == GREETING ? 0 : number + 1;
    uint8_t low[SVE_UNIT];

    if (shares_high())
        fill_shared(exchange, number);
    else
        fill_own(exchange);
    for (unsigned z = 0; z < SVE_VECTORS; z++)
        fill_low(number, z, sve_z(&exchange->out, z, exchange->length));
    sve_load(&exchange->out);
    if (guest_vtl)
        vtl_return(0);
    else
        vtl_call(0);
    sve_store(&exchange->in);
    for (unsigned z = 0; z < SVE_VECTORS; z++) {
        fill_low(round, z, low);
        exchange->low_good &= check_bytes("low Z", z, sve_z(&exchange->in, z, exchange->length),
                                          low, SVE_UNIT, round);
    }
    if (shares_high())
        fill_shared(exchange, round);
    if (poisoned())
        expect_damage(exchange);
    check_high(exchange, round);
}

static void summarize(const struct exchange *exchange, uint64_t rounds)
{
    report(exchange->low_good, "%lu switches: the low 128 bits of Z0-Z31 arrive", rounds);
    report(exchange->high_good, "the rest of Z0-Z31, P0-P15 and FFR %s",
           poisoned() ? "are damaged, as they may be" : shares_high() ? "arrive" : "stay");
    report(shares_high() || exchange->used == (1ul << exchange->length_count) - 1,
           "with %u lengths of vectors, up to %lu bits", exchange->length_count,
           exchange->lengths[exchange->length_count - 1] * 8);
}

static void run_calls(uint64_t rounds)
{
    struct exchange *exchange = &exchanges[guest_vp()];

    prepare(exchange);
    if (guest_vtl)
        exchange_once(exchange, GREETING);
    for (uint64_t i = 0; i < rounds; i++)
        exchange_once(exchange, 2 * i + (guest_vtl != 0));
    summarize(exchange, rounds);
    if (guest_vtl == 0)
        exchange_once(exchange, 2 * rounds); /* VTL2 sums up, and does not answer */
    signal_value(&done[guest_vp()], 1);
}

static void start_calls(void)
{
    unsigned vps = (unsigned)argument_number("vps", 1);
    uint64_t rounds = argument_number("rounds", 1000);

    for (unsigned vp = 1; vp < vps; vp++)
        check(vp_start(vp, run_calls, rounds) == PSCI_SUCCESS, "CPU_ON of VP%u", vp);
    run_calls(rounds);
    for (unsigned vp = 1; vp < vps; vp++)
        wait_for(&done[vp], 1);
}

/* --- Pulses ----------------------------------------------------------------------------------- */

static void start_timer(struct exchange *exchange)
{
    timer_start(1 + (random_next(&exchange->random) >> 20) % argument_number("us", MAX_US));
}

static void handler(unsigned intid)
{
    (void)intid;
    start_timer(&exchanges[guest_vp()]);
}

/* Leaves VTL0's registers where they are: what is private to VTL2 is none of these. */
static void return_once(struct exchange *exchange, struct shared *shared, uint64_t round)
{
    size_t before = exchange->length;
    uint8_t low[SVE_VECTORS][SVE_UNIT];

    for (unsigned z = 0; z < SVE_VECTORS; z++)
        memcpy(low[z], sve_z(&exchange->in, z, before), SVE_UNIT);
    fill_own(exchange);
    for (unsigned z = 0; z < SVE_VECTORS; z++)
        memcpy(sve_z(&exchange->out, z, exchange->length), low[z], SVE_UNIT);
    sve_load(&exchange->out);
    vtl_run_lower(shared);
    sve_store(&exchange->in);
    if (poisoned())
        expect_damage(exchange);
    check_high(exchange, round);
}

static noreturn void pulse(void)
{
    struct exchange *exchange = &exchanges[0];
    const volatile uint32_t *reason = (uint32_t *)(assist_pages[0] + ASSIST_REASON);
    uint64_t pulses = 0;

    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    hv_set(HV_NATIVE, VP_ASSIST_PAGE, (uintptr_t)assist_pages[0] | ENABLE);
    prepare(exchange);
    exchange->length = exchange->lengths[0];
    gic_init();
    gic_enable(INTID_TIMER_VIRTUAL);
    interrupt_handle(handler);
    start_timer(exchange);
    for (;;) {
        return_once(exchange, &shareds[0], pulses);
        if (*reason == ENTRY_CALL) {
            shareds[0].x[1] = pulses;
            continue;
        }
        pulses++;
        unmask();
        mask();
    }
}

/* Some time with nothing but SVE registers at work. */
static void linger(struct exchange *exchange)
{
    for (unsigned i = (unsigned)(random_next(&exchange->random) >> 20) % 20000; i; i--)
        __asm__ volatile("");
}

static void check_all(struct exchange *exchange, uint64_t round)
{
    size_t length = exchange->length;

    sve_store(&exchange->in);
    for (unsigned z = 0; z < SVE_VECTORS; z++)
        exchange->low_good &= check_bytes("low Z", z, sve_z(&exchange->in, z, length),
                                          sve_z(&exchange->out, z, length), SVE_UNIT, round);
    check_high(exchange, round);
}

/* Whatever comes between: VTL0 has given nothing up. Now and then it does. */
static void calculate(void)
{
    struct exchange *exchange = &exchanges[0];
    uint64_t round = 0, pulses, next;

    prepare(exchange);
    do {
        next = counter() + counter_hz() / CALLS_PER_SECOND;
        do {
            fill_own(exchange);
            sve_load(&exchange->out);
            linger(exchange);
            check_all(exchange, round++);
        } while (counter() < next);
        fill_own(exchange);
        sve_load(&exchange->out);
        pulses = vtl_call(0);
        if (poisoned())
            expect_damage(exchange);
        check_all(exchange, round++);
    } while (pulses < argument_number("pulses", PULSES) && !report_failures());
    report(exchange->low_good && exchange->high_good,
           "%lu rounds, pre-empted %lu times: all SVE state stays%s", round, pulses,
           poisoned() ? ", but at calls" : "");
}

/* --- Hypercalls ------------------------------------------------------------------------------- */

static void test_q(struct exchange *exchange)
{
    struct hv_value value = {0};
    uint64_t low[2];
    bool good;

    fill_own(exchange);
    sve_load(&exchange->out);
    good = hv_get(HV_NATIVE, HV_Q3, &value) == HV_SUCCESS;
    memcpy(low, sve_z(&exchange->out, 3, exchange->length), sizeof(low));
    good &= value.low == low[0] && value.high == low[1];
    good &= hv_set(HV_NATIVE, HV_Q3, 0x1234567) == HV_SUCCESS;
    low[0] = 0x1234567;
    low[1] = 0;
    memcpy(sve_z(&exchange->out, 3, exchange->length), low, sizeof(low));
    check_all(exchange, 0);
    report(good && exchange->low_good && exchange->high_good,
           "Q3 by hypercall is the low part of Z3, the rest stays");
}

/* They are wider than values of hypercalls. */
static void test_wide(void)
{
    static const struct {
        uint32_t number;
        const char *name;
    } rows[] = {{0x30100, "Z0"}, {0x3011f, "Z31"}, {0x30120, "P0"}, {0x30130, "FFR"}};
    struct hv_value value;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        report(hv_get(HV_NATIVE, rows[i].number, &value) == HV_INVALID_PARAMETER &&
                   hv_set(HV_NATIVE, rows[i].number, 0) == HV_INVALID_PARAMETER,
               "no hypercall reads or writes %s", rows[i].name);
}

static void test_registers(void)
{
    struct exchange *exchange = &exchanges[0];
    struct hv_value value = {0}, same = {0};
    size_t longest;

    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    prepare(exchange);
    test_q(exchange);
    test_wide();
    longest = sve_set_length(SVE_UNITS * SVE_UNIT);
    report(hv_get(HV_NATIVE, HV_ZCR_EL1, &value) == HV_SUCCESS &&
               hv_get(HV_NATIVE, HV_ZCR_ELX, &same) == HV_SUCCESS &&
               value.low == SVE_UNITS - 1 && same.low == value.low &&
               hv_set(HV_NATIVE, HV_ZCR_EL1, 0) == HV_SUCCESS && sve_length() == SVE_UNIT &&
               longest >= SVE_UNIT,
           "ZCR_EL1 by hypercall: 0x%lx", value.low);
}

/* --- None ------------------------------------------------------------------------------------- */

static void use(void *argument)
{
    (void)argument;
    sysreg_write(cpacr_el1, 3ul << 16 | 3ul << 20);
    sve_set_length(SVE_UNIT);
}

static void expect_none(void)
{
    struct exception seen = {0};

    report(!sve_open(), "the processor has no SVE");
    report(exception_expect(use, NULL, &seen) && ESR_EC(seen.esr) == ESR_EC_UNKNOWN,
           "its instructions are undefined: ESR 0x%lx", seen.esr);
}

void guest_main(void)
{
    if (argument_is("mode", "none"))
        expect_none();
    else if (argument_is("mode", "registers"))
        test_registers();
    else if (!argument_is("mode", "pulse"))
        start_calls();
    else if (guest_vtl)
        pulse();
    else
        calculate();
}
