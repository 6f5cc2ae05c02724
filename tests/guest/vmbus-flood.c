/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of VMBus that never becomes empty, as VP1 moves its index on and on, for ever. VP0 can send
 * messages to the bus nevertheless.
 */
#include "tests/guest/guest.h"

#define POST_MESSAGE 0x005cul
#define SIGNAL_EVENT 0x005dul
#define SINT0 0x000a0000u
#define SCONTROL 0x000a0010u
#define SIMP 0x000a0013u
#define EOM 0x000a0014u
#define ENABLE 1ul
#define PPI 0x13u

/* vtl/vmbus-protocol.h */
#define CONNECTION 4u
#define CHANNEL_CONNECTION (RELID | SINT << 12)
#define SINT 2u
#define MESSAGE 1u
#define REQUEST_OFFERS 3
#define OPEN_CHANNEL 5
#define GPADL_HEADER 8
#define INITIATE_CONTACT 14
#define MODIFY_CHANNEL 22
#define VERSION_5_0 (5u << 16)
#define INBAND 6u
#define WRITE_INDEX 0
#define READ_INDEX 1

#define PAGE 4096u
#define RELID 1u
#define GPADL 1u
#define RING_PAGES 4u
#define RING_SIZE ((RING_PAGES - 1) * PAGE)
#define PACKET_WORDS 6u /* without payload, with what is behind it; a ring has whole ones */
#define PACKET_SIZE (PACKET_WORDS * 4)
#define MESSAGES 100

static uint32_t input[PAGE / 4] __attribute__((aligned(PAGE)));
static uint32_t signal_input[4] __attribute__((aligned(16)));
static volatile uint32_t slots[16][64] __attribute__((aligned(PAGE)));
static volatile uint32_t ring[2 * RING_PAGES][PAGE / 4] __attribute__((aligned(PAGE)));

static void barrier(void)
{
    __asm__ volatile("dsb sy" : : : "memory");
}

/* Takes the answers; as no interrupt is enabled, by looking. */
static void drain(void)
{
    while (slots[SINT][0]) {
        slots[SINT][0] = 0;
        barrier();
        hv_set(HV_NATIVE, EOM, 0);
    }
}

static uint64_t post(const uint32_t *words, uint32_t size)
{
    uint64_t block[HV_FAST_QWORDS] = {(uintptr_t)input};

    input[0] = CONNECTION;
    input[2] = MESSAGE;
    input[3] = size;
    memcpy(&input[4], words, size);
    barrier();
    return HV_STATUS(hv_call(HV_NATIVE, POST_MESSAGE, block));
}

static void send(const char *what, const uint32_t *words, uint32_t size)
{
    uint64_t status = post(words, size);

    report(status == 0, "%s: status 0x%lx", what, status);
    drain();
}

static void open_channel(void)
{
    const uint32_t contact[10] = {INITIATE_CONTACT, 0, VERSION_5_0, 0, SINT};
    const uint32_t request[2] = {REQUEST_OFFERS};
    const uint32_t open[37] = {OPEN_CHANNEL, 0, RELID, 0, GPADL, 0, RING_PAGES};
    const uint32_t range_size = 8 + 2 * RING_PAGES * 8;
    uint32_t gpadl[7 + 4 * RING_PAGES] = {GPADL_HEADER, 0, RELID, GPADL, range_size | 1u << 16,
                                          sizeof(ring), 0};

    for (unsigned i = 0; i < 2 * RING_PAGES; i++)
        gpadl[7 + 2 * i] = (uint32_t)((uintptr_t)ring[i] / PAGE);
    send("contact", contact, sizeof(contact));
    send("offers", request, sizeof(request));
    send("GPADL", gpadl, sizeof(gpadl));
    send("channel", open, sizeof(open));
}

static void fill_ring(void)
{
    volatile uint32_t *words = ring[1];

    for (unsigned i = 0; i < RING_SIZE / 4; i += PACKET_WORDS) {
        words[i] = INBAND | 2u << 16; /* the payload begins behind the header ... */
        words[i + 1] = 2u;            /* ... where the packet ends */
    }
}

static void flood(uint64_t vp)
{
    uint64_t block[HV_FAST_QWORDS] = {(uintptr_t)signal_input};

    (void)vp;
    ring[0][WRITE_INDEX] = RING_SIZE - PACKET_SIZE;
    signal_input[0] = CHANNEL_CONNECTION;
    barrier();
    hv_call(HV_NATIVE, SIGNAL_EVENT, block);
    vp_is_up();
    for (;;)
        ring[0][WRITE_INDEX] = (ring[0][READ_INDEX] + RING_SIZE - PACKET_SIZE) % RING_SIZE;
}

static void test_posts(void)
{
    const uint32_t modify[4] = {MODIFY_CHANNEL, 0, RELID, 0};
    unsigned refused = 0;

    for (unsigned i = 0; i < MESSAGES; i++)
        refused += post(modify, sizeof(modify)) != 0;
    report(refused == 0, "%u messages meanwhile, %u refused", MESSAGES, refused);
    report(ring[0][READ_INDEX] != 0, "the ring is read");
}

void guest_main(void)
{
    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    hv_set(HV_NATIVE, SIMP, (uintptr_t)slots | ENABLE);
    hv_set(HV_NATIVE, SINT0 + SINT, PPI);
    hv_set(HV_NATIVE, SCONTROL, ENABLE);
    open_channel();
    fill_ring();
    vp_start_others(2, flood);
    test_posts();
    for (;;)
        __asm__ volatile("wfi");
}
