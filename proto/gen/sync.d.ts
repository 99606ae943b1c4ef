import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace baton. */
export namespace baton {

    /** Namespace sync. */
    namespace sync {

        /**
         * Properties of a Datagram.
         * @deprecated Use baton.sync.Datagram.$Properties instead.
         */
        interface IDatagram extends baton.sync.Datagram.$Properties {
        }

        /** Represents a Datagram. */
        class Datagram {

            /**
             * Constructs a new Datagram.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Datagram.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Datagram syncId. */
            syncId: number;

            /** Datagram node. */
            node: string;

            /** Datagram epoch. */
            epoch: number;

            /** Datagram updates. */
            updates?: (baton.sync.Updates.$Properties|null);

            /** Datagram hello. */
            hello?: (baton.sync.Hello.$Properties|null);

            /** Datagram nack. */
            nack?: (baton.sync.Nack.$Properties|null);

            /** Datagram lostNotice. */
            lostNotice?: (baton.sync.LostNotice.$Properties|null);

            /** Datagram bulkRequest. */
            bulkRequest?: (baton.sync.BulkRequest.$Properties|null);

            /** Datagram bulkFetch. */
            bulkFetch?: (baton.sync.BulkFetch.$Properties|null);

            /** Datagram bulkChunk. */
            bulkChunk?: (baton.sync.BulkChunk.$Properties|null);

            /** Datagram goodbye. */
            goodbye?: (baton.sync.Goodbye.$Properties|null);

            /** Datagram ack. */
            ack?: (baton.sync.Ack.$Properties|null);

            /** Datagram challenge. */
            challenge?: (baton.sync.Challenge.$Properties|null);

            /** Datagram response. */
            response?: (baton.sync.Response.$Properties|null);

            /** Datagram relay. */
            relay?: (baton.sync.Relay.$Properties|null);

            /** Datagram signature. */
            signature?: (baton.sync.Signature.$Properties|null);

            /** Datagram body. */
            body?: ("updates"|"hello"|"nack"|"lostNotice"|"bulkRequest"|"bulkFetch"|"bulkChunk"|"goodbye"|"ack"|"challenge"|"response"|"relay");

            /**
             * Encodes the specified Datagram message. Does not implicitly {@link baton.sync.Datagram.verify|verify} messages.
             * @param message Datagram message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Datagram.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Datagram message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Datagram & baton.sync.Datagram.$Shape} Datagram
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Datagram & baton.sync.Datagram.$Shape;
        }

        namespace Datagram {

            /** Properties of a Datagram. */
            interface $Properties {

                /** Datagram syncId */
                syncId?: (number|null);

                /** Datagram node */
                node?: (string|null);

                /** Datagram epoch */
                epoch?: (number|null);

                /** Datagram updates */
                updates?: (baton.sync.Updates.$Properties|null);

                /** Datagram hello */
                hello?: (baton.sync.Hello.$Properties|null);

                /** Datagram nack */
                nack?: (baton.sync.Nack.$Properties|null);

                /** Datagram lostNotice */
                lostNotice?: (baton.sync.LostNotice.$Properties|null);

                /** Datagram bulkRequest */
                bulkRequest?: (baton.sync.BulkRequest.$Properties|null);

                /** Datagram bulkFetch */
                bulkFetch?: (baton.sync.BulkFetch.$Properties|null);

                /** Datagram bulkChunk */
                bulkChunk?: (baton.sync.BulkChunk.$Properties|null);

                /** Datagram goodbye */
                goodbye?: (baton.sync.Goodbye.$Properties|null);

                /** Datagram ack */
                ack?: (baton.sync.Ack.$Properties|null);

                /** Datagram challenge */
                challenge?: (baton.sync.Challenge.$Properties|null);

                /** Datagram response */
                response?: (baton.sync.Response.$Properties|null);

                /** Datagram relay */
                relay?: (baton.sync.Relay.$Properties|null);

                /** Datagram signature */
                signature?: (baton.sync.Signature.$Properties|null);

                /** Datagram body */
                body?: ("updates"|"hello"|"nack"|"lostNotice"|"bulkRequest"|"bulkFetch"|"bulkChunk"|"goodbye"|"ack"|"challenge"|"response"|"relay");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Datagram. */
            type $Shape = {
              syncId?: number|null;
              node?: string|null;
              epoch?: number|null;
              updates?: baton.sync.Updates.$Shape|null;
              hello?: baton.sync.Hello.$Shape|null;
              nack?: baton.sync.Nack.$Shape|null;
              lostNotice?: baton.sync.LostNotice.$Shape|null;
              bulkRequest?: baton.sync.BulkRequest.$Shape|null;
              bulkFetch?: baton.sync.BulkFetch.$Shape|null;
              bulkChunk?: baton.sync.BulkChunk.$Shape|null;
              goodbye?: baton.sync.Goodbye.$Shape|null;
              ack?: baton.sync.Ack.$Shape|null;
              challenge?: baton.sync.Challenge.$Shape|null;
              response?: baton.sync.Response.$Shape|null;
              relay?: baton.sync.Relay.$Shape|null;
              signature?: baton.sync.Signature.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "updates"; updates: baton.sync.Updates.$Shape; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "hello"; updates?: null; hello: baton.sync.Hello.$Shape; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "nack"; updates?: null; hello?: null; nack: baton.sync.Nack.$Shape; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "lostNotice"; updates?: null; hello?: null; nack?: null; lostNotice: baton.sync.LostNotice.$Shape; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "bulkRequest"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest: baton.sync.BulkRequest.$Shape; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "bulkFetch"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch: baton.sync.BulkFetch.$Shape; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "bulkChunk"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk: baton.sync.BulkChunk.$Shape; goodbye?: null; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "goodbye"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye: baton.sync.Goodbye.$Shape; ack?: null; challenge?: null; response?: null; relay?: null }|{ body?: "ack"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack: baton.sync.Ack.$Shape; challenge?: null; response?: null; relay?: null }|{ body?: "challenge"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge: baton.sync.Challenge.$Shape; response?: null; relay?: null }|{ body?: "response"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response: baton.sync.Response.$Shape; relay?: null }|{ body?: "relay"; updates?: null; hello?: null; nack?: null; lostNotice?: null; bulkRequest?: null; bulkFetch?: null; bulkChunk?: null; goodbye?: null; ack?: null; challenge?: null; response?: null; relay: baton.sync.Relay.$Shape })
            );
        }

        /**
         * Properties of a Signature.
         * @deprecated Use baton.sync.Signature.$Properties instead.
         */
        interface ISignature extends baton.sync.Signature.$Properties {
        }

        /** Represents a Signature. */
        class Signature {

            /**
             * Constructs a new Signature.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Signature.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Signature keyId. */
            keyId: number;

            /** Signature counter. */
            counter: number;

            /** Signature mac. */
            mac: Uint8Array;

            /**
             * Encodes the specified Signature message. Does not implicitly {@link baton.sync.Signature.verify|verify} messages.
             * @param message Signature message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Signature.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Signature message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Signature & baton.sync.Signature.$Shape} Signature
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Signature & baton.sync.Signature.$Shape;
        }

        namespace Signature {

            /** Properties of a Signature. */
            interface $Properties {

                /** Signature keyId */
                keyId?: (number|null);

                /** Signature counter */
                counter?: (number|null);

                /** Signature mac */
                mac?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Signature. */
            type $Shape = baton.sync.Signature.$Properties;
        }

        /**
         * Properties of a Challenge.
         * @deprecated Use baton.sync.Challenge.$Properties instead.
         */
        interface IChallenge extends baton.sync.Challenge.$Properties {
        }

        /** Represents a Challenge. */
        class Challenge {

            /**
             * Constructs a new Challenge.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Challenge.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Encodes the specified Challenge message. Does not implicitly {@link baton.sync.Challenge.verify|verify} messages.
             * @param message Challenge message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Challenge.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Challenge message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Challenge & baton.sync.Challenge.$Shape} Challenge
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Challenge & baton.sync.Challenge.$Shape;
        }

        namespace Challenge {

            /** Properties of a Challenge. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Challenge. */
            type $Shape = baton.sync.Challenge.$Properties;
        }

        /**
         * Properties of a Response.
         * @deprecated Use baton.sync.Response.$Properties instead.
         */
        interface IResponse extends baton.sync.Response.$Properties {
        }

        /** Represents a Response. */
        class Response {

            /**
             * Constructs a new Response.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Response.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Response node. */
            node: string;

            /** Response epoch. */
            epoch: number;

            /** Response counter. */
            counter: number;

            /**
             * Encodes the specified Response message. Does not implicitly {@link baton.sync.Response.verify|verify} messages.
             * @param message Response message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Response.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Response message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Response & baton.sync.Response.$Shape} Response
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Response & baton.sync.Response.$Shape;
        }

        namespace Response {

            /** Properties of a Response. */
            interface $Properties {

                /** Response node */
                node?: (string|null);

                /** Response epoch */
                epoch?: (number|null);

                /** Response counter */
                counter?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Response. */
            type $Shape = baton.sync.Response.$Properties;
        }

        /**
         * Properties of a Life.
         * @deprecated Use baton.sync.Life.$Properties instead.
         */
        interface ILife extends baton.sync.Life.$Properties {
        }

        /** Represents a Life. */
        class Life {

            /**
             * Constructs a new Life.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Life.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Life node. */
            node: string;

            /** Life epoch. */
            epoch: number;

            /**
             * Encodes the specified Life message. Does not implicitly {@link baton.sync.Life.verify|verify} messages.
             * @param message Life message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Life.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Life message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Life & baton.sync.Life.$Shape} Life
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Life & baton.sync.Life.$Shape;
        }

        namespace Life {

            /** Properties of a Life. */
            interface $Properties {

                /** Life node */
                node?: (string|null);

                /** Life epoch */
                epoch?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Life. */
            type $Shape = baton.sync.Life.$Properties;
        }

        /**
         * Properties of a Position.
         * @deprecated Use baton.sync.Position.$Properties instead.
         */
        interface IPosition extends baton.sync.Position.$Properties {
        }

        /** Represents a Position. */
        class Position {

            /**
             * Constructs a new Position.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Position.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Position node. */
            node: string;

            /** Position epoch. */
            epoch: number;

            /** Position sequence. */
            sequence: number;

            /**
             * Encodes the specified Position message. Does not implicitly {@link baton.sync.Position.verify|verify} messages.
             * @param message Position message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Position.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Position message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Position & baton.sync.Position.$Shape} Position
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Position & baton.sync.Position.$Shape;
        }

        namespace Position {

            /** Properties of a Position. */
            interface $Properties {

                /** Position node */
                node?: (string|null);

                /** Position epoch */
                epoch?: (number|null);

                /** Position sequence */
                sequence?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Position. */
            type $Shape = baton.sync.Position.$Properties;
        }

        /**
         * Properties of an Updates.
         * @deprecated Use baton.sync.Updates.$Properties instead.
         */
        interface IUpdates extends baton.sync.Updates.$Properties {
        }

        /** Represents an Updates. */
        class Updates {

            /**
             * Constructs a new Updates.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Updates.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Updates sequence. */
            sequence: number;

            /** Updates changes. */
            changes: Uint8Array;

            /** Updates acknowledge. */
            acknowledge: boolean;

            /**
             * Encodes the specified Updates message. Does not implicitly {@link baton.sync.Updates.verify|verify} messages.
             * @param message Updates message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Updates.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Updates message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Updates & baton.sync.Updates.$Shape} Updates
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Updates & baton.sync.Updates.$Shape;
        }

        namespace Updates {

            /** Properties of an Updates. */
            interface $Properties {

                /** Updates sequence */
                sequence?: (number|null);

                /** Updates changes */
                changes?: (Uint8Array|null);

                /** Updates acknowledge */
                acknowledge?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Updates. */
            type $Shape = baton.sync.Updates.$Properties;
        }

        /**
         * Properties of a Digest.
         * @deprecated Use baton.sync.Digest.$Properties instead.
         */
        interface IDigest extends baton.sync.Digest.$Properties {
        }

        /** Represents a Digest. */
        class Digest {

            /**
             * Constructs a new Digest.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Digest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Digest entries. */
            entries: number;

            /** Digest high. */
            high: number;

            /** Digest low. */
            low: number;

            /**
             * Encodes the specified Digest message. Does not implicitly {@link baton.sync.Digest.verify|verify} messages.
             * @param message Digest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Digest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Digest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Digest & baton.sync.Digest.$Shape} Digest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Digest & baton.sync.Digest.$Shape;
        }

        namespace Digest {

            /** Properties of a Digest. */
            interface $Properties {

                /** Digest entries */
                entries?: (number|null);

                /** Digest high */
                high?: (number|null);

                /** Digest low */
                low?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Digest. */
            type $Shape = baton.sync.Digest.$Properties;
        }

        /**
         * Properties of a Hello.
         * @deprecated Use baton.sync.Hello.$Properties instead.
         */
        interface IHello extends baton.sync.Hello.$Properties {
        }

        /** Represents a Hello. */
        class Hello {

            /**
             * Constructs a new Hello.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Hello.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Hello lastSequence. */
            lastSequence: number;

            /** Hello entries. */
            entries: number;

            /** Hello tableComplete. */
            tableComplete: boolean;

            /** Hello master. */
            master: boolean;

            /** Hello acknowledge. */
            acknowledge: boolean;

            /** Hello digest. */
            digest?: (baton.sync.Digest.$Properties|null);

            /** Hello heard. */
            heard: baton.sync.Position.$Properties[];

            /** Hello wasComplete. */
            wasComplete: boolean;

            /**
             * Encodes the specified Hello message. Does not implicitly {@link baton.sync.Hello.verify|verify} messages.
             * @param message Hello message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Hello message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Hello & baton.sync.Hello.$Shape} Hello
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Hello & baton.sync.Hello.$Shape;
        }

        namespace Hello {

            /** Properties of a Hello. */
            interface $Properties {

                /** Hello lastSequence */
                lastSequence?: (number|null);

                /** Hello entries */
                entries?: (number|null);

                /** Hello tableComplete */
                tableComplete?: (boolean|null);

                /** Hello master */
                master?: (boolean|null);

                /** Hello acknowledge */
                acknowledge?: (boolean|null);

                /** Hello digest */
                digest?: (baton.sync.Digest.$Properties|null);

                /** Hello heard */
                heard?: (baton.sync.Position.$Properties[]|null);

                /** Hello wasComplete */
                wasComplete?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Hello. */
            type $Shape = baton.sync.Hello.$Properties;
        }

        /**
         * Properties of a Range.
         * @deprecated Use baton.sync.Range.$Properties instead.
         */
        interface IRange extends baton.sync.Range.$Properties {
        }

        /** Represents a Range. */
        class Range {

            /**
             * Constructs a new Range.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Range.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Range first. */
            first: number;

            /** Range last. */
            last: number;

            /**
             * Encodes the specified Range message. Does not implicitly {@link baton.sync.Range.verify|verify} messages.
             * @param message Range message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Range.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Range message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Range & baton.sync.Range.$Shape} Range
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Range & baton.sync.Range.$Shape;
        }

        namespace Range {

            /** Properties of a Range. */
            interface $Properties {

                /** Range first */
                first?: (number|null);

                /** Range last */
                last?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Range. */
            type $Shape = baton.sync.Range.$Properties;
        }

        /**
         * Properties of a Nack.
         * @deprecated Use baton.sync.Nack.$Properties instead.
         */
        interface INack extends baton.sync.Nack.$Properties {
        }

        /** Represents a Nack. */
        class Nack {

            /**
             * Constructs a new Nack.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Nack.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Nack node. */
            node: string;

            /** Nack epoch. */
            epoch: number;

            /** Nack ranges. */
            ranges: baton.sync.Range.$Properties[];

            /**
             * Encodes the specified Nack message. Does not implicitly {@link baton.sync.Nack.verify|verify} messages.
             * @param message Nack message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Nack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Nack message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Nack & baton.sync.Nack.$Shape} Nack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Nack & baton.sync.Nack.$Shape;
        }

        namespace Nack {

            /** Properties of a Nack. */
            interface $Properties {

                /** Nack node */
                node?: (string|null);

                /** Nack epoch */
                epoch?: (number|null);

                /** Nack ranges */
                ranges?: (baton.sync.Range.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Nack. */
            type $Shape = baton.sync.Nack.$Properties;
        }

        /**
         * Properties of a LostNotice.
         * @deprecated Use baton.sync.LostNotice.$Properties instead.
         */
        interface ILostNotice extends baton.sync.LostNotice.$Properties {
        }

        /** Represents a LostNotice. */
        class LostNotice {

            /**
             * Constructs a new LostNotice.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.LostNotice.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** LostNotice oldestKept. */
            oldestKept: number;

            /**
             * Encodes the specified LostNotice message. Does not implicitly {@link baton.sync.LostNotice.verify|verify} messages.
             * @param message LostNotice message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.LostNotice.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LostNotice message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.LostNotice & baton.sync.LostNotice.$Shape} LostNotice
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.LostNotice & baton.sync.LostNotice.$Shape;
        }

        namespace LostNotice {

            /** Properties of a LostNotice. */
            interface $Properties {

                /** LostNotice oldestKept */
                oldestKept?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LostNotice. */
            type $Shape = baton.sync.LostNotice.$Properties;
        }

        /**
         * Properties of a BulkRequest.
         * @deprecated Use baton.sync.BulkRequest.$Properties instead.
         */
        interface IBulkRequest extends baton.sync.BulkRequest.$Properties {
        }

        /** Represents a BulkRequest. */
        class BulkRequest {

            /**
             * Constructs a new BulkRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.BulkRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Encodes the specified BulkRequest message. Does not implicitly {@link baton.sync.BulkRequest.verify|verify} messages.
             * @param message BulkRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.BulkRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a BulkRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.BulkRequest & baton.sync.BulkRequest.$Shape} BulkRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.BulkRequest & baton.sync.BulkRequest.$Shape;
        }

        namespace BulkRequest {

            /** Properties of a BulkRequest. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a BulkRequest. */
            type $Shape = baton.sync.BulkRequest.$Properties;
        }

        /**
         * Properties of a BulkFetch.
         * @deprecated Use baton.sync.BulkFetch.$Properties instead.
         */
        interface IBulkFetch extends baton.sync.BulkFetch.$Properties {
        }

        /** Represents a BulkFetch. */
        class BulkFetch {

            /**
             * Constructs a new BulkFetch.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.BulkFetch.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** BulkFetch node. */
            node: string;

            /** BulkFetch epoch. */
            epoch: number;

            /** BulkFetch transfer. */
            transfer: number;

            /** BulkFetch cursor. */
            cursor: number;

            /** BulkFetch window. */
            window: number;

            /** BulkFetch ownOnly. */
            ownOnly: boolean;

            /**
             * Encodes the specified BulkFetch message. Does not implicitly {@link baton.sync.BulkFetch.verify|verify} messages.
             * @param message BulkFetch message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.BulkFetch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a BulkFetch message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.BulkFetch & baton.sync.BulkFetch.$Shape} BulkFetch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.BulkFetch & baton.sync.BulkFetch.$Shape;
        }

        namespace BulkFetch {

            /** Properties of a BulkFetch. */
            interface $Properties {

                /** BulkFetch node */
                node?: (string|null);

                /** BulkFetch epoch */
                epoch?: (number|null);

                /** BulkFetch transfer */
                transfer?: (number|null);

                /** BulkFetch cursor */
                cursor?: (number|null);

                /** BulkFetch window */
                window?: (number|null);

                /** BulkFetch ownOnly */
                ownOnly?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a BulkFetch. */
            type $Shape = baton.sync.BulkFetch.$Properties;
        }

        /**
         * Properties of a BulkChunk.
         * @deprecated Use baton.sync.BulkChunk.$Properties instead.
         */
        interface IBulkChunk extends baton.sync.BulkChunk.$Properties {
        }

        /** Represents a BulkChunk. */
        class BulkChunk {

            /**
             * Constructs a new BulkChunk.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.BulkChunk.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** BulkChunk joinerEpoch. */
            joinerEpoch: number;

            /** BulkChunk transfer. */
            transfer: number;

            /** BulkChunk cursor. */
            cursor: number;

            /** BulkChunk nextCursor. */
            nextCursor: number;

            /** BulkChunk done. */
            done: boolean;

            /** BulkChunk asOf. */
            asOf: baton.sync.Position.$Properties[];

            /** BulkChunk lives. */
            lives: baton.sync.Life.$Properties[];

            /** BulkChunk records. */
            records: Uint8Array;

            /** BulkChunk origins. */
            origins: Uint8Array;

            /**
             * Encodes the specified BulkChunk message. Does not implicitly {@link baton.sync.BulkChunk.verify|verify} messages.
             * @param message BulkChunk message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.BulkChunk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a BulkChunk message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.BulkChunk & baton.sync.BulkChunk.$Shape} BulkChunk
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.BulkChunk & baton.sync.BulkChunk.$Shape;
        }

        namespace BulkChunk {

            /** Properties of a BulkChunk. */
            interface $Properties {

                /** BulkChunk joinerEpoch */
                joinerEpoch?: (number|null);

                /** BulkChunk transfer */
                transfer?: (number|null);

                /** BulkChunk cursor */
                cursor?: (number|null);

                /** BulkChunk nextCursor */
                nextCursor?: (number|null);

                /** BulkChunk done */
                done?: (boolean|null);

                /** BulkChunk asOf */
                asOf?: (baton.sync.Position.$Properties[]|null);

                /** BulkChunk lives */
                lives?: (baton.sync.Life.$Properties[]|null);

                /** BulkChunk records */
                records?: (Uint8Array|null);

                /** BulkChunk origins */
                origins?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a BulkChunk. */
            type $Shape = baton.sync.BulkChunk.$Properties;
        }

        /**
         * Properties of an Ack.
         * @deprecated Use baton.sync.Ack.$Properties instead.
         */
        interface IAck extends baton.sync.Ack.$Properties {
        }

        /** Represents an Ack. */
        class Ack {

            /**
             * Constructs a new Ack.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Ack.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Ack node. */
            node: string;

            /** Ack epoch. */
            epoch: number;

            /** Ack sequence. */
            sequence: number;

            /**
             * Encodes the specified Ack message. Does not implicitly {@link baton.sync.Ack.verify|verify} messages.
             * @param message Ack message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Ack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Ack message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Ack & baton.sync.Ack.$Shape} Ack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Ack & baton.sync.Ack.$Shape;
        }

        namespace Ack {

            /** Properties of an Ack. */
            interface $Properties {

                /** Ack node */
                node?: (string|null);

                /** Ack epoch */
                epoch?: (number|null);

                /** Ack sequence */
                sequence?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Ack. */
            type $Shape = baton.sync.Ack.$Properties;
        }

        /**
         * Properties of a Relay.
         * @deprecated Use baton.sync.Relay.$Properties instead.
         */
        interface IRelay extends baton.sync.Relay.$Properties {
        }

        /** Represents a Relay. */
        class Relay {

            /**
             * Constructs a new Relay.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Relay.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Relay node. */
            node: string;

            /** Relay epoch. */
            epoch: number;

            /** Relay updates. */
            updates?: (baton.sync.Updates.$Properties|null);

            /**
             * Encodes the specified Relay message. Does not implicitly {@link baton.sync.Relay.verify|verify} messages.
             * @param message Relay message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Relay.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Relay message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Relay & baton.sync.Relay.$Shape} Relay
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Relay & baton.sync.Relay.$Shape;
        }

        namespace Relay {

            /** Properties of a Relay. */
            interface $Properties {

                /** Relay node */
                node?: (string|null);

                /** Relay epoch */
                epoch?: (number|null);

                /** Relay updates */
                updates?: (baton.sync.Updates.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Relay. */
            type $Shape = baton.sync.Relay.$Properties;
        }

        /**
         * Properties of a Goodbye.
         * @deprecated Use baton.sync.Goodbye.$Properties instead.
         */
        interface IGoodbye extends baton.sync.Goodbye.$Properties {
        }

        /** Represents a Goodbye. */
        class Goodbye {

            /**
             * Constructs a new Goodbye.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.sync.Goodbye.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Goodbye lastSequence. */
            lastSequence: number;

            /**
             * Encodes the specified Goodbye message. Does not implicitly {@link baton.sync.Goodbye.verify|verify} messages.
             * @param message Goodbye message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.sync.Goodbye.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Goodbye message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.sync.Goodbye & baton.sync.Goodbye.$Shape} Goodbye
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.sync.Goodbye & baton.sync.Goodbye.$Shape;
        }

        namespace Goodbye {

            /** Properties of a Goodbye. */
            interface $Properties {

                /** Goodbye lastSequence */
                lastSequence?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Goodbye. */
            type $Shape = baton.sync.Goodbye.$Properties;
        }
    }
}
