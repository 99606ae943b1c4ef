import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace baton. */
export namespace baton {

    /** Namespace presence. */
    namespace presence {

        /**
         * Properties of a Presence.
         * @deprecated Use baton.presence.Presence.$Properties instead.
         */
        interface IPresence extends baton.presence.Presence.$Properties {
        }

        /** Represents a Presence. */
        class Presence {

            /**
             * Constructs a new Presence.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.presence.Presence.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Presence introduction. */
            introduction?: (baton.presence.Introduction.$Properties|null);

            /** Presence goodbye. */
            goodbye?: (baton.presence.Goodbye.$Properties|null);

            /** Presence challenge. */
            challenge?: (baton.presence.Challenge.$Properties|null);

            /** Presence signature. */
            signature?: (baton.presence.Signature.$Properties|null);

            /** Presence body. */
            body?: ("introduction"|"goodbye"|"challenge");

            /**
             * Encodes the specified Presence message. Does not implicitly {@link baton.presence.Presence.verify|verify} messages.
             * @param message Presence message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.presence.Presence.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Presence message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.presence.Presence & baton.presence.Presence.$Shape} Presence
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.presence.Presence & baton.presence.Presence.$Shape;
        }

        namespace Presence {

            /** Properties of a Presence. */
            interface $Properties {

                /** Presence introduction */
                introduction?: (baton.presence.Introduction.$Properties|null);

                /** Presence goodbye */
                goodbye?: (baton.presence.Goodbye.$Properties|null);

                /** Presence challenge */
                challenge?: (baton.presence.Challenge.$Properties|null);

                /** Presence signature */
                signature?: (baton.presence.Signature.$Properties|null);

                /** Presence body */
                body?: ("introduction"|"goodbye"|"challenge");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Presence. */
            type $Shape = {
              introduction?: baton.presence.Introduction.$Shape|null;
              goodbye?: baton.presence.Goodbye.$Shape|null;
              challenge?: baton.presence.Challenge.$Shape|null;
              signature?: baton.presence.Signature.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; introduction?: null; goodbye?: null; challenge?: null }|{ body?: "introduction"; introduction: baton.presence.Introduction.$Shape; goodbye?: null; challenge?: null }|{ body?: "goodbye"; introduction?: null; goodbye: baton.presence.Goodbye.$Shape; challenge?: null }|{ body?: "challenge"; introduction?: null; goodbye?: null; challenge: baton.presence.Challenge.$Shape })
            );
        }

        /**
         * Properties of a Challenge.
         * @deprecated Use baton.presence.Challenge.$Properties instead.
         */
        interface IChallenge extends baton.presence.Challenge.$Properties {
        }

        /** Represents a Challenge. */
        class Challenge {

            /**
             * Constructs a new Challenge.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.presence.Challenge.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Challenge nonce. */
            nonce: Uint8Array;

            /**
             * Encodes the specified Challenge message. Does not implicitly {@link baton.presence.Challenge.verify|verify} messages.
             * @param message Challenge message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.presence.Challenge.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Challenge message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.presence.Challenge & baton.presence.Challenge.$Shape} Challenge
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.presence.Challenge & baton.presence.Challenge.$Shape;
        }

        namespace Challenge {

            /** Properties of a Challenge. */
            interface $Properties {

                /** Challenge nonce */
                nonce?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Challenge. */
            type $Shape = baton.presence.Challenge.$Properties;
        }

        /**
         * Properties of a Signature.
         * @deprecated Use baton.presence.Signature.$Properties instead.
         */
        interface ISignature extends baton.presence.Signature.$Properties {
        }

        /** Represents a Signature. */
        class Signature {

            /**
             * Constructs a new Signature.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.presence.Signature.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Signature keyId. */
            keyId: number;

            /** Signature mac. */
            mac: Uint8Array;

            /**
             * Encodes the specified Signature message. Does not implicitly {@link baton.presence.Signature.verify|verify} messages.
             * @param message Signature message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.presence.Signature.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Signature message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.presence.Signature & baton.presence.Signature.$Shape} Signature
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.presence.Signature & baton.presence.Signature.$Shape;
        }

        namespace Signature {

            /** Properties of a Signature. */
            interface $Properties {

                /** Signature keyId */
                keyId?: (number|null);

                /** Signature mac */
                mac?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Signature. */
            type $Shape = baton.presence.Signature.$Properties;
        }

        /**
         * Properties of an Introduction.
         * @deprecated Use baton.presence.Introduction.$Properties instead.
         */
        interface IIntroduction extends baton.presence.Introduction.$Properties {
        }

        /** Represents an Introduction. */
        class Introduction {

            /**
             * Constructs a new Introduction.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.presence.Introduction.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Introduction node. */
            node: string;

            /** Introduction routers. */
            routers: baton.presence.Router.$Properties[];

            /**
             * Encodes the specified Introduction message. Does not implicitly {@link baton.presence.Introduction.verify|verify} messages.
             * @param message Introduction message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.presence.Introduction.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Introduction message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.presence.Introduction & baton.presence.Introduction.$Shape} Introduction
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.presence.Introduction & baton.presence.Introduction.$Shape;
        }

        namespace Introduction {

            /** Properties of an Introduction. */
            interface $Properties {

                /** Introduction node */
                node?: (string|null);

                /** Introduction routers */
                routers?: (baton.presence.Router.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Introduction. */
            type $Shape = baton.presence.Introduction.$Properties;
        }

        /**
         * Properties of a Router.
         * @deprecated Use baton.presence.Router.$Properties instead.
         */
        interface IRouter extends baton.presence.Router.$Properties {
        }

        /** Represents a Router. */
        class Router {

            /**
             * Constructs a new Router.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.presence.Router.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Router virtualRouterId. */
            virtualRouterId: number;

            /** Router address. */
            address: Uint8Array;

            /** Router priority. */
            priority: number;

            /**
             * Encodes the specified Router message. Does not implicitly {@link baton.presence.Router.verify|verify} messages.
             * @param message Router message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.presence.Router.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Router message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.presence.Router & baton.presence.Router.$Shape} Router
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.presence.Router & baton.presence.Router.$Shape;
        }

        namespace Router {

            /** Properties of a Router. */
            interface $Properties {

                /** Router virtualRouterId */
                virtualRouterId?: (number|null);

                /** Router address */
                address?: (Uint8Array|null);

                /** Router priority */
                priority?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Router. */
            type $Shape = baton.presence.Router.$Properties;
        }

        /**
         * Properties of a Goodbye.
         * @deprecated Use baton.presence.Goodbye.$Properties instead.
         */
        interface IGoodbye extends baton.presence.Goodbye.$Properties {
        }

        /** Represents a Goodbye. */
        class Goodbye {

            /**
             * Constructs a new Goodbye.
             * @param [properties] Properties to set
             */
            constructor(properties?: baton.presence.Goodbye.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Encodes the specified Goodbye message. Does not implicitly {@link baton.presence.Goodbye.verify|verify} messages.
             * @param message Goodbye message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: baton.presence.Goodbye.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Goodbye message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {baton.presence.Goodbye & baton.presence.Goodbye.$Shape} Goodbye
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): baton.presence.Goodbye & baton.presence.Goodbye.$Shape;
        }

        namespace Goodbye {

            /** Properties of a Goodbye. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Goodbye. */
            type $Shape = baton.presence.Goodbye.$Properties;
        }
    }
}
